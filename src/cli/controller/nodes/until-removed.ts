import { AgentError } from '../../../base/agent-error.ts'
import { poll, type RetryPolicy } from '../../../base/retry.ts'
import { printable } from '../../../base/text/printable.ts'
import { type NodeView, nodeRoutes } from '../../../protocol/api/nodes.ts'
import { STEADY_CLOCK } from '../../kit/steady-clock.ts'
import type { AdminClient } from '../session/client.ts'
import { retryUnreachable } from '../session/retry-unreachable.ts'

const POLICY: RetryPolicy = { firstMs: 1_000, withinMs: 15 * 60_000 }

/** Prints what the removal of a node waits for, until the node is REMOVED. Throws if the removal fails or times out. */
export async function untilRemoved(
  client: Pick<AdminClient, 'ask'>,
  { id, name }: Pick<NodeView, 'id' | 'name'>,
  print: (text: string) => void,
  clock = STEADY_CLOCK,
): Promise<void> {
  let printed = ''
  const look = async () => {
    const node = await retryUnreachable(() => client.ask(nodeRoutes.showNode, { params: { id } }), clock)
    if (node.state === 'REMOVED') return true
    if (node.error) {
      const { code, message, fix } = node.error
      throw new AgentError(code, `node ${name} was not removed: ${message}`, { fix, kind: 'failed' })
    }
    if (node.step !== null && node.step !== printed) print(`Node ${name}: ${printable(node.step)}\n`)
    printed = node.step ?? printed
    return undefined
  }
  if (await poll(POLICY, look, { clock })) return print(`Node ${name} is REMOVED.\n`)
  throw new AgentError('node/still-leaving', `node ${name} is still being removed: ${printed}`, {
    fix: `the removal continues in the background; see: controller node show ${name}; to skip it: controller node remove ${name} --force`,
    kind: 'failed',
  })
}
