import type { Command } from 'commander'
import type { EngineEvent } from '../../../engine/event.ts'
import type { Machine } from '../../../host/machine.ts'
import { interruption, requireRoot } from '../../agent/surroundings.ts'
import { confirm } from '../../kit/confirm.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { examples, formatOption } from '../../kit/output.ts'
import { print } from '../session/session.ts'
import { INSTALLATION, PRIVATE } from './installation.ts'
import { mergeSettings, parseSettings, stateDirectoryOf } from './settings.ts'

interface Flags {
  data?: string
  purge?: boolean
  yes?: boolean
  output: 'text' | 'json'
}

/** `controller uninstall`: removes the service, and restores the machine. */
export function registerUninstall(program: Command): void {
  program
    .command('uninstall')
    .summary('remove the service of the controller from this machine')
    .description(
      'Undoes what "controller install" changed, and compares this machine with its state before. The data stays, unless --purge is given: clusters, keys and access files, without which no node can be reached again.',
    )
    .option('--purge', 'also delete the data of the controller')
    .option('--data <directory>', 'data directory; needed with --purge after an uninstallation that kept another one')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption(['text', 'json']))
    .addHelpText('after', examples('sudo controller uninstall', 'sudo controller uninstall --purge --yes'))
    .action(uninstall)
}

async function uninstall({ data: given, purge = false, yes, output }: Flags): Promise<void> {
  const { linuxMachine } = await import('../../../host/linux/linux-machine.ts')
  const machine = linuxMachine()
  requireRoot(machine.uid(), 'an uninstallation')
  const { configFile } = INSTALLATION
  const settings = parseSettings(await machine.read(configFile), configFile)
  const data = `${PRIVATE}/${stateDirectoryOf(mergeSettings(settings, given === undefined ? {} : { '--data': [given] }, '/'))}`
  const what = purge ? `the controller and all its data in ${data}` : 'the service of the controller'
  await confirm(`Remove ${what} from this machine?`, yes)
  const signal = interruption()
  const { whileStopped } = await import('../../../agent/service/while-stopped.ts')
  await whileStopped(INSTALLATION, machine, false, async () => {
    if (purge) await machine.removeTree(data, { all: true })
    await undo(machine, output, signal)
  })
  const isKept = !purge && (await machine.stat(data)) !== undefined
  if (isKept && output === 'text') print(`kept: the data in ${data} (to delete it: controller uninstall --purge)\n`)
}

async function undo(machine: Machine, output: Flags['output'], signal: AbortSignal): Promise<void> {
  const [{ openWorkspace }, { undoChangesOn }, { observerOf }, { consoleReporter }, { restoreText }] =
    await Promise.all([
      import('../../../agent/restore/open-workspace.ts'),
      import('../../../agent/restore/undo-changes.ts'),
      import('../../../agent/restore/snapshots.ts'),
      import('../../../report/console.ts'),
      import('../../../report/restore-text.ts'),
    ])
  const terminal = { write: print, isTty: process.stdout.isTTY === true, columns: process.stdout.columns ?? 80 }
  const show = consoleReporter({ ...terminal, verbose: false })
  const emit = (event: EngineEvent) => output === 'text' && show(event)
  const run = `uninstall-${machine.now().toISOString()}`
  const order = { paths: INSTALLATION, scope: 'all' as const, run, emit, signal, observer: observerOf(machine) }
  const result = await undoChangesOn(await openWorkspace(INSTALLATION), order)
  signal.throwIfAborted()
  const { outcome: _outcome, undone: _undone, ...shown } = result
  print(output === 'json' ? `${JSON.stringify(shown)}\n` : restoreText(shown, false))
  if (!shown.restored) process.exitCode = ExitCode.undoIncomplete
}
