import type { KeyObject } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import { PairCheckOrder } from '../../protocol/wire/pair-check.ts'
import { isSignedBy, SUSPICIOUS } from '../gate/instruction-gate.ts'

export interface OrderKnowledge {
  instructionKey: KeyObject
  nodeId: string
  isBusy: boolean
  now: Date
  /** Accepted checks and when their orders expire (ms); updated by `judgeOrder`. */
  taken: Map<string, number>
}

export type OrderVerdict =
  | { kind: 'accepted'; order: PairCheckOrder }
  /** `check` is set if the payload names one, so that the refusal can be sent. */
  | { kind: 'refused'; check?: string; error: ErrorReport }

/** The check to which a refusal is sent, read without trusting the rest of the payload. */
export function checkIdIn(payload: string): string | undefined {
  return /"check":"(p-[a-z2-7]{10})"/.exec(payload)?.[1]
}

/** Verifies the signature before it parses anything, as for an instruction. Accepts each order once. */
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
    return refused('unsigned', 'received an order that the controller did not sign', SUSPICIOUS)
  }
  const parsed = PairCheckOrder.safeParse(JSON.parse(payload))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const found = `received an order that this agent does not support (${issue?.path.join('.')}: ${issue?.message})`
    return refused('unsupported', found, 'update the agent on this node')
  }
  const order = parsed.data
  const expiresMs = Date.parse(order.expiresAt)
  if (order.node !== nodeId) {
    return refused('foreign', `received an order for ${order.node}; this node is ${nodeId}`, SUSPICIOUS)
  }
  if (expiresMs <= now.getTime()) {
    const found = `the order expired at ${order.expiresAt}; the clock of this machine is at ${now.toISOString()}`
    return refused('expired', found, 'compare the clocks of node and controller: timedatectl')
  }
  for (const [known, untilMs] of taken) if (untilMs <= now.getTime()) taken.delete(known)
  if (taken.has(order.check)) return refused('replayed', `received the order ${order.check} a second time`, SUSPICIOUS)
  if (isBusy)
    return refused('busy', 'a run is in progress on this node and needs the ports', 'retry when the run has ended')
  taken.set(order.check, expiresMs)
  return { kind: 'accepted', order }
}
