import * as z from 'zod/mini'
import { NodeName, NodeState, RunId } from '../../names.ts'
import { CheckSummaries } from '../check-summary.ts'
import { RunEvent } from '../event.ts'
import { Facts } from '../facts.ts'
import { OperationAnswer } from '../operation.ts'
import { PairCheckDown, PairCheckUp } from '../pair-check.ts'
import { OPERATION_FRAME } from '../released-names.ts'
import { MOST_URLS } from '../session/limits.ts'
import { Signed } from '../signed.ts'

/** A type of message: what it carries, and the first release that understands it. */
interface MessageType {
  body: z.ZodMiniType
  since: string
}

const text = z.string().check(z.maxLength(4_096))

/** From the agent to the controller. */
export const UP = {
  hello: {
    since: 'f2add13',
    // Not strict: unknown fields of a newer agent are ignored.
    body: z.object({
      range: z.strictObject({ min: z.int(), max: z.int() }),
      /** Highest `seq` of the controller that the agent has stored. */
      lastSeq: z.int().check(z.nonnegative()),
      bootId: z.string().check(z.maxLength(64)),
      /** With the boot they tell two machines with one key apart; absent in earlier builds, and the UUID on some boards. */
      machineId: z.optional(z.string().check(z.maxLength(64))),
      productUuid: z.optional(z.string().check(z.maxLength(64))),
      agentVersion: z.string().check(z.maxLength(60)),
      nodeName: NodeName,
      openRun: z.nullable(RunId),
      warnings: CheckSummaries,
      /** The URLs of controllers that it received, in their order; absent if none. */
      knownControllers: z.optional(z.array(text).check(z.maxLength(MOST_URLS))),
      /** The last list of images that it received; absent if none. `sha256`: of the images in it, as JSON. */
      knownImages: z.optional(z.object({ issuedAt: z.iso.datetime(), sha256: z.string().check(z.maxLength(64)) })),
      /** The generation of its last instruction. */
      lastGeneration: z.optional(z.int().check(z.nonnegative())),
      /** Its last message that the controller confirmed as stored. */
      confirmed: z.optional(z.int().check(z.nonnegative())),
      /** See capabilities.ts; absent in builds up to f2add13. */
      capabilities: z.optional(z.array(z.string().check(z.maxLength(120))).check(z.maxLength(500))),
    }),
  },
  facts: { since: 'f2add13', body: Facts },
  event: { since: 'f2add13', body: z.strictObject({ run: RunId, event: RunEvent }) },
  result: {
    since: 'f2add13',
    body: z.strictObject({
      run: RunId,
      outcome: z.enum(['done', 'failed', 'indeterminate', 'cancelled', 'refused']),
      error: z.optional(z.strictObject({ code: text, message: z.string().check(z.maxLength(8_192)), fix: text })),
    }),
  },
  /** Durable: `agent reset` on the node has removed Kubernetes. */
  reset: { since: 'f2add13', body: z.strictObject({}) },
  [OPERATION_FRAME]: { since: 'f2add13', body: OperationAnswer },
  'pair-check': { since: 'f2add13', body: PairCheckUp },
  ack: { since: 'f2add13', body: z.strictObject({}) },
} satisfies Record<string, MessageType>

/** From the controller to the agent. The agent lists each as a capability (capabilities.ts). */
export const DOWN = {
  welcome: {
    since: 'f2add13',
    body: z.strictObject({
      version: z.int(),
      heartbeatMs: z.int().check(z.minimum(1_000), z.maximum(300_000)),
      /** Highest `seq` of the agent that the controller has stored. */
      lastSeq: z.int().check(z.nonnegative()),
      now: z.iso.datetime(),
      state: NodeState,
      cluster: z.string().check(z.maxLength(63)),
    }),
  },
  /** An Instruction. */
  instruct: { since: 'f2add13', body: Signed },
  /** An Operation. */
  [OPERATION_FRAME]: { since: 'f2add13', body: Signed },
  cancel: { since: 'f2add13', body: z.strictObject({ run: RunId }) },
  state: { since: 'f2add13', body: z.strictObject({ state: NodeState }) },
  'pair-check': { since: 'f2add13', body: PairCheckDown },
  ack: { since: 'f2add13', body: z.strictObject({}) },
  drain: {
    since: 'f2add13',
    body: z.strictObject({ spreadMs: z.int().check(z.nonnegative()) }),
  },
  refuse: { since: 'f2add13', body: z.strictObject({ code: z.string(), message: text }) },
  /** A Trust. */
  trust: { since: '0.2.0', body: Signed },
  /** A list of Controllers. */
  controllers: { since: '0.2.0', body: Signed },
  /** A list of Images. */
  images: { since: '0.2.0', body: Signed },
  /**
   * Other nodes of the cluster download this bundle, by the SHA-256 of its manifest: a node that has installed it hands on what it has.
   * It gives nothing to a node without a ticket.
   */
  pieces: { since: '0.2.0', body: z.strictObject({ bundle: z.string().check(z.regex(/^[0-9a-f]{64}$/)) }) },
} satisfies Record<string, MessageType>
