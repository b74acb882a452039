import * as z from 'zod/mini'
import { NodeName, NodeState, RunId } from '../names.ts'
import { CheckSummaries } from './check-summary.ts'
import { RunEvent } from './event.ts'
import { Facts } from './facts.ts'
import { OperationAnswer } from './operation.ts'
import { PairCheckDown, PairCheckUp } from './pair-check.ts'
import { OPERATION_FRAME } from './released-names.ts'
import { Signed } from './signed.ts'

/**
 * Every websocket message is `{v, t, id, seq, ack, body}`. `seq` numbers the durable messages of the sender (events and
 * results from the agent, instructions from the controller), and is 0 for messages that need no acknowledgement. `ack` is
 * the highest `seq` of the peer that is stored; it is sent after 16 messages or 1 s. The node is identified by its
 * certificate.
 */
const envelope = {
  v: z.literal(1),
  id: z.string().check(z.maxLength(64)),
  seq: z.int().check(z.nonnegative()),
  ack: z.int().check(z.nonnegative()),
}
const text = z.string().check(z.maxLength(4_096))

export const UpFrame = z.discriminatedUnion('t', [
  z.strictObject({
    ...envelope,
    t: z.literal('hello'),
    // Not strict: unknown fields of a newer agent are ignored.
    body: z.object({
      range: z.strictObject({ min: z.int(), max: z.int() }),
      /** Highest `seq` of the controller that the agent has stored. */
      lastSeq: z.int().check(z.nonnegative()),
      bootId: z.string().check(z.maxLength(64)),
      agentVersion: z.string().check(z.maxLength(60)),
      nodeName: NodeName,
      openRun: z.nullable(RunId),
      warnings: CheckSummaries,
      /** See capabilities.ts; absent in builds up to f2add13. */
      capabilities: z.optional(z.array(z.string().check(z.maxLength(120))).check(z.maxLength(500))),
    }),
  }),
  z.strictObject({ ...envelope, t: z.literal('facts'), body: Facts }),
  z.strictObject({ ...envelope, t: z.literal('event'), body: z.strictObject({ run: RunId, event: RunEvent }) }),
  z.strictObject({
    ...envelope,
    t: z.literal('result'),
    body: z.strictObject({
      run: RunId,
      outcome: z.enum(['done', 'failed', 'indeterminate', 'cancelled', 'refused']),
      error: z.optional(z.strictObject({ code: text, message: z.string().check(z.maxLength(8_192)), fix: text })),
    }),
  }),
  /** Durable: `agent reset` on the node has removed Kubernetes. */
  z.strictObject({ ...envelope, t: z.literal('reset'), body: z.strictObject({}) }),
  z.strictObject({ ...envelope, t: z.literal(OPERATION_FRAME), body: OperationAnswer }),
  z.strictObject({ ...envelope, t: z.literal('pair-check'), body: PairCheckUp }),
  z.strictObject({ ...envelope, t: z.literal('ack'), body: z.strictObject({}) }),
])

export const DownFrame = z.discriminatedUnion('t', [
  z.strictObject({
    ...envelope,
    t: z.literal('welcome'),
    body: z.strictObject({
      version: z.int(),
      heartbeatMs: z.int().check(z.minimum(1_000), z.maximum(300_000)),
      /** Highest `seq` of the agent that the controller has stored. */
      lastSeq: z.int().check(z.nonnegative()),
      now: z.iso.datetime(),
      state: NodeState,
      cluster: z.string().check(z.maxLength(63)),
    }),
  }),
  /** An Instruction. */
  z.strictObject({ ...envelope, t: z.literal('instruct'), body: Signed }),
  /** An Operation. */
  z.strictObject({ ...envelope, t: z.literal(OPERATION_FRAME), body: Signed }),
  z.strictObject({ ...envelope, t: z.literal('cancel'), body: z.strictObject({ run: RunId }) }),
  z.strictObject({ ...envelope, t: z.literal('state'), body: z.strictObject({ state: NodeState }) }),
  z.strictObject({ ...envelope, t: z.literal('pair-check'), body: PairCheckDown }),
  z.strictObject({ ...envelope, t: z.literal('ack'), body: z.strictObject({}) }),
  z.strictObject({
    ...envelope,
    t: z.literal('drain'),
    body: z.strictObject({ spreadMs: z.int().check(z.nonnegative()) }),
  }),
  z.strictObject({ ...envelope, t: z.literal('refuse'), body: z.strictObject({ code: z.string(), message: text }) }),
])

export type UpFrame = z.infer<typeof UpFrame>
export type DownFrame = z.infer<typeof DownFrame>

/** The largest websocket message that each side accepts, in bytes. */
export const MAX_UP_BYTES = 256 * 1024
export const MAX_DOWN_BYTES = 1024 * 1024
