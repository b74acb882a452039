import type { AgentPaths } from '../../../agent/paths.ts'
import type { Scope } from '../../../agent/scope.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import { confirm } from '../../kit/confirm.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { type Format, interruption, pathsFor, requireRoot } from '../surroundings.ts'

export interface UndoCommand {
  scope: Scope
  /** The question to confirm. */
  question: string
  instance: string | undefined
  yes: boolean | undefined
  wipeStorage?: boolean | undefined
  format: Format
  verbose: boolean | undefined
}

/** The common part of `uninstall` and `reset`: stops the service, undoes the changes, and prints the comparison. */
export async function runUndo(command: UndoCommand): Promise<void> {
  const { scope, question, instance, yes, format, verbose = false, wipeStorage = false } = command
  const paths = pathsFor(instance)
  const { linuxMachine } = await import('../../../host/linux/linux-machine.ts')
  const machine = linuxMachine(paths.layout)
  requireRoot(machine.uid(), scope === 'kubernetes' ? 'a reset' : 'an uninstallation')
  await confirm(question, yes)
  const signal = interruption()
  const { whileStopped } = await import('../../../agent/service/while-stopped.ts')
  await whileStopped(paths, machine, scope === 'kubernetes', async () => {
    if (scope !== 'kubernetes') await announceLeaving(paths, scope)
    const { undoChanges } = await import('../../../agent/restore/undo-changes.ts')
    const { consoleReporter } = await import('../../../report/console.ts')
    const { restoreText } = await import('../../../report/restore-text.ts')
    const terminal = { write: (text: string) => process.stdout.write(text), isTty: process.stdout.isTTY === true }
    const show = consoleReporter({ ...terminal, columns: process.stdout.columns ?? 80, verbose })
    const emit = (event: EngineEvent) => format === 'text' && show(event)
    const run = `${scope === 'kubernetes' ? 'reset' : 'uninstall'}-${machine.now().toISOString()}`
    const result = await undoChanges({ paths, scope, run, wipeStorage, emit, signal })
    signal.throwIfAborted()
    const { outcome: _outcome, undone: _undone, ...shown } = result
    if (format === 'json') process.stdout.write(`${JSON.stringify(shown)}\n`)
    else process.stdout.write(restoreText(shown, verbose))
    if (!shown.restored) process.exitCode = ExitCode.undoIncomplete
  })
}

/** Runs before the credentials are removed. An unreachable controller does not stop the uninstallation. */
async function announceLeaving(paths: AgentPaths, scope: Exclude<Scope, 'kubernetes'>): Promise<void> {
  const { bornElsewhere } = await import('../../../agent/identity/born.ts')
  const { readMachineIds } = await import('../../../agent/identity/machine.ts')
  if (bornElsewhere(paths, readMachineIds())) {
    process.stderr.write('this machine is a copy of a node: the original stays registered\n')
    return
  }
  const { leave } = await import('../../../agent/identity/leave.ts')
  const { linuxNetwork } = await import('../../../host/linux/network/network.ts')
  const stays = scope === 'agent' ? 'kubernetes' : 'nothing'
  const problem = await leave({ paths, stays, network: linuxNetwork })
  if (problem !== undefined) process.stderr.write(`${problem}\n`)
}
