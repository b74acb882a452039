import { AgentError } from '../../../base/agent-error.ts'
import { printable } from '../../../base/text/printable.ts'
import { ADMIN_PATHS, type NodeDetail, type NodeView } from '../../../protocol/api/administrators.ts'
import type { AdminClient } from '../session/client.ts'
import { CLOCK, patiently } from '../session/patience.ts'

const LOOK_MS = 1_000
const PATIENCE_MS = 15 * 60_000

/** Tells what a node that leaves waits for, until it is gone. Throws when it does not go. */
export async function untilRemoved(
  client: Pick<AdminClient, 'get'>,
  { id, name }: Pick<NodeView, 'id' | 'name'>,
  print: (text: string) => void,
  { nowMs, sleep } = CLOCK,
): Promise<void> {
  let told = ''
  const deadlineMs = nowMs() + PATIENCE_MS
  while (nowMs() < deadlineMs) {
    const look = () => client.get<NodeDetail>(ADMIN_PATHS.node(id))
    const node = await patiently(look, { nowMs, sleep })
    if (node.state === 'REMOVED') return print(`Node ${name} is REMOVED.\n`)
    if (node.error) {
      const { code, message, fix } = node.error
      throw new AgentError(code, `node ${name} stays: ${message}`, { fix, kind: 'failed' })
    }
    if (node.step !== null && node.step !== told) print(`Node ${name}: ${printable(node.step)}\n`)
    told = node.step ?? told
    await sleep(LOOK_MS)
  }
  throw new AgentError('node/still-leaving', `node ${name} is still leaving: ${told}`, {
    fix: `it goes on by itself; look: controller node show ${name}; or give it up: controller node remove ${name} --force`,
    kind: 'failed',
  })
}
