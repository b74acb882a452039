import * as z from 'zod/mini'
import { IpAddress, NodeId, NodeName } from '../names.ts'
import { ErrorReport } from './event.ts'
import { OPERATION_KEYS } from './released-names.ts'

const OperationId = z.string().check(z.regex(/^e-[a-z2-7]{10}$/))
/** X25519, raw, base64. */
const SealingKey = z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/))

const common = {
  id: OperationId,
  /** The master that carries it out. */
  node: NodeId,
  expiresAt: z.iso.datetime(),
}
/** The node that an operation is for. */
const Target = z.strictObject({ name: NodeName, address: IpAddress, role: z.enum(['master', 'worker']) })

/**
 * What a master does in its cluster for another node. An operation changes nothing on the master's own machine, so it is
 * not a run. Repeating it does no harm, so nobody stores it: whoever needs it asks again.
 */
export const Operation = z.pipe(
  z.transform(withOurNames),
  z.discriminatedUnion('operation', [
    /** What the target needs to join, sealed to its key. */
    z.strictObject({ ...common, operation: z.literal('invite'), target: Target, sealTo: SealingKey }),
    /** Drains the target and removes its etcd member and its objects. */
    z.strictObject({ ...common, operation: z.literal('retire'), target: Target }),
    /** The health of etcd. */
    z.strictObject({ ...common, operation: z.literal('look-at-etcd') }),
  ]),
)

/** The text of an operation as released builds know it: what is signed, and what `Operation` parses. */
export function serializeOperation(operation: Operation): string {
  const { operation: kind, target, ...rest } = { target: undefined, ...operation }
  return JSON.stringify({ ...rest, [OPERATION_KEYS.operation]: kind, [OPERATION_KEYS.target]: target })
}

function withOurNames(released: unknown): unknown {
  if (typeof released !== 'object' || released === null) return released
  const { [OPERATION_KEYS.operation]: operation, [OPERATION_KEYS.target]: target, ...rest } = released as Keys
  // Nothing goes by our names on the wire.
  if ('operation' in rest || 'target' in rest) return undefined
  return { ...rest, operation, ...(target !== undefined && { target }) }
}

type Keys = Partial<Record<(typeof OPERATION_KEYS)[keyof typeof OPERATION_KEYS], unknown>>

const text = z.string().check(z.maxLength(2_000))

export const EtcdHealth = z.strictObject({ name: text, isHealthy: z.boolean(), isLearner: z.boolean() })

export const OperationAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    id: OperationId,
    outcome: z.literal('done'),
    sealed: z.optional(z.string().check(z.maxLength(65_536))),
    etcd: z.optional(z.array(EtcdHealth).check(z.maxLength(20))),
  }),
  /** To be asked again. */
  z.strictObject({ id: OperationId, outcome: z.literal('not-yet'), waitingFor: text }),
  z.strictObject({ id: OperationId, outcome: z.literal('failed'), error: ErrorReport }),
])

/** What a master gives a node that joins; only that node can open it. */
export const Invitation = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('worker'),
    /** Lives 30 minutes. */
    token: z.string().check(z.regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/)),
    /** Of the cluster's authority, as kubeadm has it. */
    caHash: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  }),
  z.strictObject({
    role: z.literal('master'),
    /** Content of the files that all masters share, by the names of shared-files.ts. */
    files: z.record(z.string().check(z.maxLength(60)), z.string().check(z.maxLength(8_192))),
  }),
])

export type Target = z.infer<typeof Target>
export type Operation = z.infer<typeof Operation>
export type EtcdHealth = z.infer<typeof EtcdHealth>
export type OperationAnswer = z.infer<typeof OperationAnswer>
export type Invitation = z.infer<typeof Invitation>
