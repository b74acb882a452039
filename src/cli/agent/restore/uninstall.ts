import { type Command, Option } from 'commander'
import { formatOption } from '../../kit/output.ts'
import { FORMATS, type Format, optionsOf } from '../surroundings.ts'
import { runUndo } from './run-undo.ts'

interface Options {
  yes?: boolean
  keepKubernetes?: boolean
  baked?: boolean
  wipeStorage?: boolean
  output: Format
}

const EXAMPLES = `
Examples:
  sudo agent uninstall
  sudo ./agent --uninstall --yes
  sudo agent uninstall --keep-kubernetes  # keep Kubernetes running
  sudo agent -m blue -d  # uninstall this instance only
  sudo agent uninstall --wipe-storage  # also erase the volumes of pods
  sudo agent uninstall --baked  # on a template, or a machine made from an image

At the end, the agent compares the machine with its state before installation. With -v and -o json it also lists changes that were not made by the agent.
Exit code 5 if a change could not be undone or a difference remains; fix what is reported and run the command again.
`

export function registerUninstall(program: Command): void {
  program
    .command('uninstall')
    .summary('remove the agent and Kubernetes, and restore this machine')
    .description('Undoes every change, newest first: Kubernetes, etcd, network, files, units, and the agent itself.')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(new Option('--keep-kubernetes', 'remove the agent only').conflicts('baked'))
    .option('--baked', 'also undo "agent bake", on a template or a machine that was made from an image')
    .addOption(
      new Option('--wipe-storage', 'also erase the volumes of pods on disks for storage').conflicts('keepKubernetes'),
    )
    .addOption(formatOption(FORMATS))
    .addHelpText('after', EXAMPLES)
    .action(async (_: Options, command: Command) => {
      const { instance, yes, keepKubernetes, baked, wipeStorage, output, verbose } = optionsOf<Options>(command)
      await runUndo({
        scope: keepKubernetes ? 'agent' : baked ? 'baked' : 'all',
        question: keepKubernetes
          ? 'Remove the agent from this machine?'
          : wipeStorage
            ? 'Remove Kubernetes and the agent from this machine, and erase the volumes of its pods?'
            : 'Remove Kubernetes and the agent from this machine?',
        instance,
        yes,
        wipeStorage,
        format: output,
        verbose,
      })
    })
}
