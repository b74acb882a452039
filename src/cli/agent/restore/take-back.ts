import type { AgentPaths } from '../../../agent/paths.ts'
import type { Scope } from '../../../agent/scope.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import { confirm } from '../../kit/confirm.ts'
import { ExitCode } from '../../kit/exit-codes.ts'
import { type Format, interruption, pathsFor, requireRoot } from '../surroundings.ts'

export interface TakeBackVerb {
  scope: Scope
  /** What is asked before. */
  question: string
  instance: string | undefined
  yes: boolean | undefined
  format: Format
  verbose: boolean | undefined
}

/** `uninstall` and `reset` from here on are one: stop the service, take back, look, tell. */
export async function takeBackVerb({
  scope,
  question,
  instance,
  yes,
  format,
  verbose = false,
}: TakeBackVerb): Promise<void> {
  const paths = pathsFor(instance)
  const { linuxMachine } = await import('../../../host/linux/linux-machine.ts')
  const machine = linuxMachine()
  requireRoot(machine.uid(), scope === 'kubernetes' ? 'a reset' : 'an uninstallation')
  await confirm(question, yes)
  const signal = interruption()
  const { whileStopped } = await import('../../../agent/service/while-stopped.ts')
  await whileStopped(paths, machine, scope === 'kubernetes', async () => {
    if (scope !== 'kubernetes') await sayGoodbye(paths, scope)
    const { takeBack } = await import('../../../agent/restore/take-back.ts')
    const { consoleReporter } = await import('../../../report/console.ts')
    const { takeBackText } = await import('../../../report/take-back-text.ts')
    const terminal = { write: (text: string) => process.stdout.write(text), isTty: process.stdout.isTTY === true }
    const show = consoleReporter({ ...terminal, columns: process.stdout.columns ?? 80, verbose })
    const emit = (event: EngineEvent) => format === 'text' && show(event)
    const run = `${scope === 'kubernetes' ? 'reset' : 'uninstall'}-${machine.now().toISOString()}`
    const result = await takeBack({ paths, scope, run, emit, signal })
    signal.throwIfAborted()
    const { outcome: _outcome, undone: _undone, ...told } = result
    if (format === 'json') process.stdout.write(`${JSON.stringify(told)}\n`)
    else process.stdout.write(takeBackText(told, verbose))
    if (!told.restored) process.exitCode = ExitCode.undoIncomplete
  })
}

/** While the credentials are there. That the controller cannot be told is no reason to stay. */
async function sayGoodbye(paths: AgentPaths, scope: Exclude<Scope, 'kubernetes'>): Promise<void> {
  const { leave } = await import('../../../agent/identity/leave.ts')
  const { linuxNetwork } = await import('../../../host/linux/network/network.ts')
  const stays = scope === 'agent' ? 'kubernetes' : 'nothing'
  const problem = await leave({ paths, stays, network: linuxNetwork })
  if (problem !== undefined) process.stderr.write(`${problem}\n`)
}
