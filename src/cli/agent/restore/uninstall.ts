import type { Command } from 'commander'
import { formatOption } from '../../kit/output.ts'
import { FORMATS, type Format, optionsOf } from '../surroundings.ts'
import { takeBackVerb } from './take-back.ts'

interface Options {
  yes?: boolean
  keepKubernetes?: boolean
  output: Format
}

const EXAMPLES = `
Examples:
  sudo agent uninstall
  sudo ./agent --uninstall --yes
  sudo agent uninstall --keep-kubernetes  # leave the node running
  sudo agent -m blue -d  # that instance alone

At the end the machine is compared with how it was before: -v and -o json also tell what changed meanwhile for other reasons.
Exit code 5 when something could not be taken back, or differs; run it again after mending what it names.
`

export function registerUninstall(program: Command): void {
  program
    .command('uninstall')
    .summary('give this machine back as it was')
    .description(
      'Takes back every change, newest first: Kubernetes, etcd, network, files, units, and the agent itself.',
    )
    .option('-y, --yes', 'do not ask')
    .option('--keep-kubernetes', 'take away only the agent')
    .addOption(formatOption(FORMATS))
    .addHelpText('after', EXAMPLES)
    .action(async (_: Options, command: Command) => {
      const { instance, yes, keepKubernetes, output, verbose } = optionsOf<Options>(command)
      await takeBackVerb({
        scope: keepKubernetes ? 'agent' : 'all',
        question: keepKubernetes
          ? 'Remove the agent from this machine?'
          : 'Remove Kubernetes and the agent from this machine?',
        instance,
        yes,
        format: output,
        verbose,
      })
    })
}
