import { basename } from 'node:path/posix'
import type { Command } from 'commander'
import { confirm } from '../kit/confirm.ts'
import { formatOption } from '../kit/output.ts'
import { carryOutWorkflow, terminalReporter } from './carry-out-workflow.ts'
import { installDayZero } from './install.ts'
import {
  FORMATS,
  type Format,
  type GlobalOptions,
  interruption,
  optionsOf,
  ownExecutable,
  pathsFor,
  requireRoot,
} from './surroundings.ts'

interface Options {
  seal?: boolean
  yes?: boolean
  output: Format
}

const EXAMPLES = `
Examples:
  sudo ./agent bake
  sudo cantrip-agent bake --seal --yes && sudo systemctl poweroff

Run both on a template machine, and then make an image of its disk. On a machine that is made from the image, cloud-init writes NAME.pem and NAME-passphrase.txt to
/etc/cantrip-day0 with mode 0600: the machine registers by itself, and the files are removed.
"cantrip-agent uninstall" restores such a machine to the state of the image. "cantrip-agent uninstall --baked" removes the agent too, also from the template.
`

export function registerBake(program: Command): void {
  program
    .command('bake')
    .summary('make the agent part of an image of machines')
    .description(
      'Installs the agent on a template machine, so that each machine made from its image registers itself at its first boot.',
    )
    .option('--seal', 'remove what must not be copied: machine-id, SSH host keys, leases and the like; then power off')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption(FORMATS))
    .addHelpText('after', EXAMPLES)
    .action(async (_: Options, command: Command) => {
      const options = optionsOf<Options>(command)
      await (options.seal ? sealTemplate(options) : bakeTemplate(options))
    })
  program
    .command('first-boot')
    .description('register this machine with the credentials in /etc/cantrip-day0 (started by systemd)')
    .addHelpText('after', '\nExample:\n  agent first-boot\n')
    .action(async (_: object, command: Command) => firstBoot(optionsOf<object>(command)))
}

type Given = Options & GlobalOptions

async function opened({ instance }: GlobalOptions, what: string) {
  const paths = pathsFor(instance)
  const { linuxHostView } = await import('../../host/linux/host-view.ts')
  requireRoot(linuxHostView().uid(), what)
  const { openWorkspace } = await import('../../agent/restore/open-workspace.ts')
  return { paths, workspace: await openWorkspace(paths) }
}

async function bakeTemplate({ output, verbose, yes, ...given }: Given): Promise<void> {
  const signal = interruption()
  const executable = ownExecutable()
  await confirm('Make the agent part of the image of this machine?', yes, signal)
  const { paths, workspace } = await opened(given, 'agent bake')
  try {
    const { refuseInstalled } = await import('../../agent/bake/seal.ts')
    const { bake } = await import('../../agent/bake/workflow.ts')
    await refuseInstalled(workspace.machine, paths)
    const show = await terminalReporter(verbose)
    const onEvent: typeof show = (event) => (output === 'json' ? print(JSON.stringify(event)) : show(event))
    await carryOutWorkflow({ workspace, workflow: bake, params: { paths, executable }, run: 'bake', onEvent, signal })
  } finally {
    await workspace.ledger.close()
  }
  if (output === 'text')
    print(
      `Next: install what else the image needs, then sudo ${basename(paths.executable)} bake --seal, and power off.`,
    )
}

async function sealTemplate({ output, yes, ...given }: Given): Promise<void> {
  const signal = interruption()
  const { paths, workspace } = await opened(given, 'agent bake --seal')
  try {
    const { requireTemplate, seal, sealedText, toSeal } = await import('../../agent/bake/seal.ts')
    await requireTemplate(workspace, paths)
    await confirm('Remove the identity of this machine? It has to be powered off then.', yes, signal)
    const all = await toSeal(workspace.machine, paths)
    await seal(workspace.machine, all)
    if (output === 'json') print(JSON.stringify({ sealed: all.map(({ path }) => path) }))
    else print(`${sealedText(all)}Next: sudo systemctl poweroff, and make an image of the disk.`)
  } finally {
    await workspace.ledger.close()
  }
}

async function firstBoot(given: GlobalOptions): Promise<void> {
  const { instance, verbose } = given
  const { eraseDayZero, findDayZero, nameForUnnamed } = await import('../../agent/bake/day-zero.ts')
  const { readMachineIds } = await import('../../agent/identity/machine.ts')
  const { linuxHostView } = await import('../../host/linux/host-view.ts')
  const view = linuxHostView()
  requireRoot(view.uid(), 'the first boot')
  const files = await findDayZero(view, pathsFor(instance))
  const hostname = nameForUnnamed(view.hostname(), readMachineIds().machineId)
  await installDayZero({ ...given, ...files, ...(hostname !== undefined && { hostname }) })
  const { workspace } = await opened(given, 'the first boot')
  try {
    const onEvent = await terminalReporter(verbose)
    const signal = interruption()
    await carryOutWorkflow({ workspace, workflow: eraseDayZero, params: files, run: 'first-boot', onEvent, signal })
  } finally {
    await workspace.ledger.close()
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
