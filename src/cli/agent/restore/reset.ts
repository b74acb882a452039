import type { Command } from 'commander'
import { formatOption } from '../../kit/output.ts'
import { FORMATS, type Format, optionsOf } from '../surroundings.ts'
import { runUndo } from './run-undo.ts'

export function registerReset(program: Command): void {
  program
    .command('reset')
    .summary('remove Kubernetes, keep the agent')
    .description(
      'Undoes what provisioning changed on this machine. The agent stays, and the node can be provisioned again.',
    )
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption(FORMATS))
    .addHelpText('after', '\nExamples:\n  sudo agent reset\n  sudo agent reset --yes -o json\n')
    .action(async (_: object, command: Command) => {
      const { instance, yes, output, verbose } = optionsOf<{ yes?: boolean; output: Format }>(command)
      const question = 'Remove Kubernetes and all its workloads from this machine?'
      await runUndo({ scope: 'kubernetes', question, instance, yes, format: output, verbose })
    })
}
