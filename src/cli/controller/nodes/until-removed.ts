import { AgentError } from '../../../base/agent-error.ts'
import { poll, type RetryPolicy } from '../../../base/retry.ts'
import { printable } from '../../../base/text/printable.ts'
import { type NodeView, nodeRoutes } from '../../../protocol/api/nodes.ts'
import type { AdminClient } from '../session/client.ts'
import { CLOCK, patiently } from '../session/patience.ts'

const POLICY: RetryPolicy = { firstMs: 1_000, withinMs: 15 * 60_000 }

/** Tells what a node that leaves waits for, until it is gone. Throws when it does not go. */
export async function untilRemoved(
  client: Pick<AdminClient, 'ask'>,
  { id, name }: Pick<NodeView, 'id' | 'name'>,
  print: (text: string) => void,
  clock = CLOCK,
): Promise<void> {
  let told = ''
  const look = async () => {
    const node = await patiently(() => client.ask(nodeRoutes.showNode, { params: { id } }), clock)
    if (node.state === 'REMOVED') return true
    if (node.error) {
      const { code, message, fix } = node.error
      throw new AgentError(code, `node ${name} was not removed: ${message}`, { fix, kind: 'failed' })
    }
    if (node.step !== null && node.step !== told) print(`Node ${name}: ${printable(node.step)}\n`)
    told = node.step ?? told
    return undefined
  }
  if (await poll(POLICY, look, { clock })) return print(`Node ${name} is REMOVED.\n`)
  throw new AgentError('node/still-leaving', `node ${name} is still being removed: ${told}`, {
    fix: `the removal continues in the background; follow it: controller node show ${name}; or skip it: controller node remove ${name} --force`,
    kind: 'failed',
  })
}
