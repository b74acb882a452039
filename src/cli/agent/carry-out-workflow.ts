import type { Workspace } from '../../agent/restore/workspace.ts'
import { AgentError, reportOf } from '../../base/agent-error.ts'
import type { EngineEvent } from '../../engine/event.ts'
import type { Workflow } from '../../engine/step.ts'

interface CarryOut<P> {
  workspace: Workspace
  workflow: Workflow<P>
  params: P
  run: string
  onEvent(event: EngineEvent): void
  signal: AbortSignal
}

/** Carries out a workflow for a command. Throws its error if it fails or is interrupted. */
export async function carryOutWorkflow<P>({ workspace, onEvent, signal, ...rest }: CarryOut<P>): Promise<void> {
  const { runWorkflow } = await import('../../engine/run-workflow.ts')
  let failure: unknown
  const { machine: view, ledger, hostFor } = workspace
  await runWorkflow({
    ...rest,
    ...{ view, ledger, hostFor, signal },
    emit: onEvent,
    onFailure: (error) => {
      failure = error
    },
  })
  signal.throwIfAborted()
  if (failure instanceof AgentError) throw failure
  if (failure === undefined) return
  const { code, message, fix } = reportOf(failure)
  throw new AgentError(code, message, { fix, cause: failure })
}

/** Prints the events of a run to this terminal. */
export async function terminalReporter(verbose = false): Promise<(event: EngineEvent) => void> {
  const { consoleReporter } = await import('../../report/console.ts')
  return consoleReporter({
    write: (text) => process.stdout.write(text),
    isTty: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 80,
    verbose,
  })
}
