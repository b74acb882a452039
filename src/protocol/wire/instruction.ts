import * as z from 'zod/mini'
import { BundleRef } from '../../bundle/format.ts'
import { ClusterId, HostPort, IpAddress, Label, NodeId, NodeName, NodeRole, RunId } from '../names.ts'
import { shapeOf } from '../settings/node-params.ts'

const Place = z.strictObject({ name: NodeName, address: IpAddress })

/** Everything a node needs to know to take its part in a cluster. */
export const NodeParams = z.strictObject({
  bundle: BundleRef,
  cluster: z.strictObject({
    id: ClusterId,
    name: Label,
    ...shapeOf('cluster'),
    /** What everybody calls the API. Given to the cluster when its first master starts, and its own from then on. */
    endpoint: HostPort,
    /** As configured when the instruction was made, this node among them where it is one. */
    masters: z.array(Place).check(z.minLength(1), z.maxLength(9)),
  }),
  node: z.strictObject({
    name: NodeName,
    address: IpAddress,
    roles: z.array(NodeRole).check(z.minLength(1), z.maxLength(3)),
    ...shapeOf('node'),
  }),
})

const common = {
  run: RunId,
  node: NodeId,
  /** Grows by one with each instruction for this node; a lower or equal one is stale. */
  generation: z.int().check(z.positive()),
  expiresAt: z.iso.datetime(),
}

/** The closed set of what a controller can ask of a node. Never a command or a script. */
export const Instruction = z.discriminatedUnion('role', [
  /** Starts the cluster. */
  z.strictObject({ ...common, role: z.literal('first-master'), params: NodeParams }),
  /** Joins its control plane. */
  z.strictObject({ ...common, role: z.literal('master'), params: NodeParams }),
  z.strictObject({ ...common, role: z.literal('worker'), params: NodeParams }),
  /** Kubernetes away, the agent stays. */
  z.strictObject({ ...common, role: z.literal('reset'), params: z.strictObject({}) }),
])

/** The exact bytes that were signed, as text, and their Ed25519 signature (base64). Verified before it is parsed. */
export const SignedInstruction = z.strictObject({
  payload: z.string().check(z.maxLength(262_144)),
  signature: z.string().check(z.maxLength(100)),
})

export type Instruction = z.infer<typeof Instruction>
export type SignedInstruction = z.infer<typeof SignedInstruction>
export type NodeParams = z.infer<typeof NodeParams>
/** What a node can be told to become. */
export type NodeTask = Exclude<Instruction['role'], 'reset'>
