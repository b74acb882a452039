import * as z from 'zod/mini'
import { IpAddress, NodeId, NodeName } from '../names.ts'
import { ErrorReport } from './event.ts'

const ErrandId = z.string().check(z.regex(/^e-[a-z2-7]{10}$/))
/** X25519, raw, base64. */
const SealingKey = z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/))

const common = {
  id: ErrandId,
  /** The master that carries it out. */
  node: NodeId,
  expiresAt: z.iso.datetime(),
}
/** Whom an errand is for. */
const Guest = z.strictObject({ name: NodeName, address: IpAddress, role: z.enum(['master', 'worker']) })

/**
 * What a master does in its cluster for another node. It changes nothing on the master's own machine, so it is no run;
 * doing it twice does no harm, so it is not kept: who needs it asks again.
 */
export const Errand = z.discriminatedUnion('errand', [
  /** What the guest needs to join, sealed to its key. */
  z.strictObject({ ...common, errand: z.literal('invite'), guest: Guest, sealTo: SealingKey }),
  /** The guest's pods go elsewhere, its etcd member and its objects go. */
  z.strictObject({ ...common, errand: z.literal('retire'), guest: Guest }),
  /** How etcd is. */
  z.strictObject({ ...common, errand: z.literal('look-at-etcd') }),
])

const text = z.string().check(z.maxLength(2_000))

export const EtcdHealth = z.strictObject({ name: text, isHealthy: z.boolean(), isLearner: z.boolean() })

export const ErrandAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    id: ErrandId,
    outcome: z.literal('done'),
    sealed: z.optional(z.string().check(z.maxLength(65_536))),
    etcd: z.optional(z.array(EtcdHealth).check(z.maxLength(20))),
  }),
  /** To be asked again. */
  z.strictObject({ id: ErrandId, outcome: z.literal('not-yet'), waitingFor: text }),
  z.strictObject({ id: ErrandId, outcome: z.literal('failed'), error: ErrorReport }),
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

export type Guest = z.infer<typeof Guest>
export type Errand = z.infer<typeof Errand>
export type EtcdHealth = z.infer<typeof EtcdHealth>
export type ErrandAnswer = z.infer<typeof ErrandAnswer>
export type Invitation = z.infer<typeof Invitation>
