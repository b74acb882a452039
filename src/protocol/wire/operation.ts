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
 * A task of a master in its cluster for another node. It changes nothing on the machine of the master, so it is not a run.
 * It is idempotent and never stored: the controller repeats it as long as it is needed.
 */
export const Operation = z.pipe(
  z.transform(withNewKeys),
  z.discriminatedUnion('operation', [
    /** Returns the invitation for the target, sealed to its key. */
    z.strictObject({ ...common, operation: z.literal('invite'), target: Target, sealTo: SealingKey }),
    /** Drains the target and removes its etcd member and its objects. */
    z.strictObject({ ...common, operation: z.literal('retire'), target: Target }),
    /** Returns the health of the etcd members. */
    z.strictObject({ ...common, operation: z.literal('look-at-etcd') }),
  ]),
)

/** The inverse of parsing: JSON with the keys of released builds. This is the text that is signed. */
export function serializeOperation(operation: Operation): string {
  const { operation: kind, target, ...rest } = { target: undefined, ...operation }
  return JSON.stringify({ ...rest, [OPERATION_KEYS.operation]: kind, [OPERATION_KEYS.target]: target })
}

function withNewKeys(released: unknown): unknown {
  if (typeof released !== 'object' || released === null) return released
  const { [OPERATION_KEYS.operation]: operation, [OPERATION_KEYS.target]: target, ...rest } = released as Keys
  // A message with the new keys is invalid: no build sends them.
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
  /** The controller has to repeat the operation later. */
  z.strictObject({ id: OperationId, outcome: z.literal('not-yet'), waitingFor: text }),
  z.strictObject({ id: OperationId, outcome: z.literal('failed'), error: ErrorReport }),
])

/** What a joining node needs from a master. It is sealed, so only the joining node can read it. */
export const Invitation = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('worker'),
    /** A bootstrap token, valid for 30 minutes. */
    token: z.string().check(z.regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/)),
    /** Hash of the cluster CA, for kubeadm's --discovery-token-ca-cert-hash. */
    caHash: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  }),
  z.strictObject({
    role: z.literal('master'),
    /** The content of the files that all masters share, by their names in shared-files.ts. */
    files: z.record(z.string().check(z.maxLength(60)), z.string().check(z.maxLength(8_192))),
  }),
])

export type Target = z.infer<typeof Target>
export type Operation = z.infer<typeof Operation>
export type EtcdHealth = z.infer<typeof EtcdHealth>
export type OperationAnswer = z.infer<typeof OperationAnswer>
export type Invitation = z.infer<typeof Invitation>
