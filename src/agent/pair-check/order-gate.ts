import type { KeyObject } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import { PairCheckOrder } from '../../protocol/wire/pair-check.ts'
import { isSignedBy, SUSPICIOUS } from '../gate/instruction-gate.ts'

export interface OrderKnowledge {
  instructionKey: KeyObject
  nodeId: string
  isBusy: boolean
  now: Date
  /** Checks that were taken, and when their orders expire (ms); kept here. */
  taken: Map<string, number>
}

export type OrderVerdict =
  | { kind: 'accepted'; order: PairCheckOrder }
  /** `check` is there where the answer can be addressed. */
  | { kind: 'refused'; check?: string; error: ErrorReport }

/** Where to send the refusal of what is not to be parsed; nothing else is taken from it. */
export function checkIdIn(payload: string): string | undefined {
  return /"check":"(p-[a-z2-7]{10})"/.exec(payload)?.[1]
}

/** As of an instruction, the signature is verified before anything is looked at. Each order is taken once. */
export function judgeOrder(
  { payload, signature }: { payload: string; signature: string },
  { instructionKey, nodeId, isBusy, now, taken }: OrderKnowledge,
): OrderVerdict {
  const check = checkIdIn(payload)
  const refused = (name: string, message: string, fix: string): OrderVerdict => ({
    kind: 'refused',
    ...(check === undefined ? {} : { check }),
    error: { code: `pair-check/${name}`, message, fix },
  })
  if (!isSignedBy(instructionKey, payload, signature)) {
    return refused('unsigned', 'found an order that the controller did not sign', SUSPICIOUS)
  }
  const parsed = PairCheckOrder.safeParse(JSON.parse(payload))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const found = `found an order that this agent does not know (${issue?.path.join('.')}: ${issue?.message})`
    return refused('unsupported', found, 'update the agent on this node')
  }
  const order = parsed.data
  const expiresMs = Date.parse(order.expiresAt)
  if (order.node !== nodeId) {
    return refused('foreign', `found an order for ${order.node}; this node is ${nodeId}`, SUSPICIOUS)
  }
  if (expiresMs <= now.getTime()) {
    const found = `the order expired at ${order.expiresAt}; the clock here says ${now.toISOString()}`
    return refused('expired', found, 'compare the clocks of node and controller: timedatectl')
  }
  for (const [known, untilMs] of taken) if (untilMs <= now.getTime()) taken.delete(known)
  if (taken.has(order.check)) return refused('replayed', `found the order ${order.check} a second time`, SUSPICIOUS)
  if (isBusy) return refused('busy', 'a run goes on here, which needs the ports', 'again, once that has ended')
  taken.set(order.check, expiresMs)
  return { kind: 'accepted', order }
}
