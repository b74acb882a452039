import type { Command } from 'commander'
import { formatOption } from '../../kit/output.ts'
import { FORMATS, type Format, optionsOf } from '../surroundings.ts'
import { takeBackVerb } from './take-back.ts'

export function registerReset(program: Command): void {
  program
    .command('reset')
    .summary('Kubernetes away, the agent stays')
    .description('Takes back what provisioning did to this machine. The agent stays, and can be provisioned again.')
    .option('-y, --yes', 'do not ask')
    .addOption(formatOption(FORMATS))
    .addHelpText('after', '\nExamples:\n  sudo agent reset\n  sudo agent reset --yes -o json\n')
    .action(async (_: object, command: Command) => {
      const { instance, yes, output, verbose } = optionsOf<{ yes?: boolean; output: Format }>(command)
      const question = 'Remove Kubernetes and all that runs in it from this machine?'
      await takeBackVerb({ scope: 'kubernetes', question, instance, yes, format: output, verbose })
    })
}
