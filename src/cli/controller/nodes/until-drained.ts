import { AgentError } from '../../../base/agent-error.ts'
import { poll } from '../../../base/retry.ts'
import { printable } from '../../../base/text/printable.ts'
import type { DrainView } from '../../../protocol/api/nodes/scheduling.ts'
import { nodeRoutes } from '../../../protocol/api/nodes.ts'
import type { OnBlocked } from '../../../protocol/wire/operation.ts'
import { STEADY_CLOCK } from '../../kit/steady-clock.ts'
import type { AdminClient } from '../session/client.ts'
import { retryUnreachable } from '../session/retry-unreachable.ts'

export interface DrainOptions {
  /** Seconds. */
  timeout: number
  onBlocked: (typeof OnBlocked.options)[number]
}

/** Prints what it waits for, whenever that changes. Throws `node/drain-blocked` if pods cannot move before the deadline. */
export async function untilDrained(
  client: Pick<AdminClient, 'ask'>,
  id: string,
  { timeout: seconds, onBlocked }: DrainOptions,
  report: (text: string) => void,
  clock = STEADY_CLOCK,
): Promise<DrainView> {
  let deadline: string | undefined
  const ask = () => {
    const body = { seconds, onBlocked, ...(deadline !== undefined && { deadline }) }
    return client.ask(nodeRoutes.drainNode, { params: { id }, body })
  }
  let reported = ''
  // Only what has begun goes on without the controller, or a master.
  const look = async (number: number) => {
    const shown = number === 1 ? await ask() : await retryUnreachable(ask, clock)
    deadline = shown.deadline
    if (shown.isDone) return shown
    if (shown.isPastDeadline && onBlocked === 'wait') throw blocked(shown)
    const text = printable(`Node ${shown.node} waits for ${shown.waitingFor}`)
    if (text !== reported) report(`${text}\n`)
    reported = text
    return undefined
  }
  return poll({ firstMs: 1_000 }, look, { clock })
}

function blocked({ node, held: [first], waitingFor }: DrainView): AgentError {
  const budgets = first && first.budgets.length > 0 ? `, which ${first.budgets.join(', ')} protects` : ''
  const why = first ? `pod ${first.namespace}/${first.name}${budgets}: ${first.reason}` : waitingFor
  const fix = `let the pod move, then run the same command again, or pass --on-blocked skip or force; to end it: controller node uncordon ${node}`
  return new AgentError('node/drain-blocked', `node ${node} was not drained in time: ${why}`, { fix, kind: 'failed' })
}
