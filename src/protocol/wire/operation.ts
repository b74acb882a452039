import * as z from 'zod/mini'
import { IpAddress, NodeId, NodeName } from '../names.ts'
import { ErrorReport } from './event.ts'

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

/** Keys of an operation, and how released builds name them on the wire. */
const RELEASED_KEYS = [
  ['operation', 'errand'],
  ['target', 'guest'],
] as const

/**
 * What a master does in its cluster for another node. An operation changes nothing on the master's own machine, so it is
 * not a run. Repeating it does no harm, so nobody stores it: whoever needs it asks again.
 */
export const Operation = z.pipe(
  z.transform((released: unknown) => renameKeys(released, ([key, name]) => [name, key])),
  z.discriminatedUnion('operation', [
    /** What the target needs to join, sealed to its key. */
    z.strictObject({ ...common, operation: z.literal('invite'), target: Target, sealTo: SealingKey }),
    /** Drains the target and removes its etcd member and its objects. */
    z.strictObject({ ...common, operation: z.literal('retire'), target: Target }),
    /** The health of etcd. */
    z.strictObject({ ...common, operation: z.literal('look-at-etcd') }),
  ]),
)

/** What `Operation` parses, with the keys that released builds know. */
export function serializeOperation(operation: Operation): string {
  return JSON.stringify(renameKeys(operation, ([key, name]) => [key, name]))
}

type Keys = (typeof RELEASED_KEYS)[number]

function renameKeys(value: unknown, order: (keys: Keys) => [string, string]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const names = new Map(RELEASED_KEYS.map(order))
  return Object.fromEntries(Object.entries(value).map(([key, content]) => [names.get(key) ?? key, content]))
}

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
