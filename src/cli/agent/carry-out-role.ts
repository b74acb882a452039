import type { WorkBench } from '../../agent/restore/bench.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { EngineEvent } from '../../engine/event.ts'
import type { Role } from '../../engine/step.ts'

interface CarryOut<P> {
  bench: WorkBench
  role: Role<P>
  params: P
  run: string
  tell(event: EngineEvent): void
  signal: AbortSignal
}

/** As a command that a person gave: throws why it failed, or that it was interrupted. */
export async function carryOutRole<P>({ bench, tell, signal, ...rest }: CarryOut<P>): Promise<void> {
  const { runRole } = await import('../../engine/run-steps.ts')
  const ends: Extract<EngineEvent, { kind: 'run-ended' }>[] = []
  const { machine: view, ledger, hostFor } = bench
  await runRole({
    ...rest,
    ...{ view, ledger, hostFor, signal },
    emit(event) {
      if (event.kind === 'run-ended') ends.push(event)
      tell(event)
    },
  })
  signal.throwIfAborted()
  const error = ends.at(-1)?.error
  if (error) throw new AgentError(error.code, error.message, { fix: error.fix })
}

/** Tells what goes on on this terminal. */
export async function terminalReporter(verbose = false): Promise<(event: EngineEvent) => void> {
  const { consoleReporter } = await import('../../report/console.ts')
  return consoleReporter({
    write: (text) => process.stdout.write(text),
    isTty: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 80,
    verbose,
  })
}
