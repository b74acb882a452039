import * as z from 'zod/mini'
import { BundleRef } from '../../bundle/format.ts'
import { ClusterId, DiskDevice, HostPort, IpAddress, Label, NodeId, NodeName, NodeRole, RunId } from '../names.ts'
import { shapeOf } from '../settings/node-params.ts'
import { RestoreOrder } from './messages/backup.ts'

const Place = z.strictObject({ name: NodeName, address: IpAddress })

/** All parameters that a node needs to become part of a cluster. */
export const NodeParams = z.strictObject({
  bundle: BundleRef,
  cluster: z.strictObject({
    id: ClusterId,
    name: Label,
    ...shapeOf('cluster'),
    /** The API endpoint. It is set when the first master starts, and never changes. */
    endpoint: HostPort,
    /** All masters that are configured when the instruction is made, including this node if it is one. */
    masters: z.array(Place).check(z.minLength(1), z.maxLength(9)),
    /**
     * `issued`: the cluster issues the serving certificates of kubelets. `verified`: the API server also verifies them. Absent:
     * all remains as it is on the node.
     */
    kubeletCertificates: z.optional(z.enum(['issued', 'verified'])),
    /** The add-ons of the bundle whose images the node imports. Absent: none. */
    addOns: z.optional(z.array(Label).check(z.maxLength(50))),
  }),
  node: z.strictObject({
    name: NodeName,
    address: IpAddress,
    roles: z.array(NodeRole).check(z.minLength(1), z.maxLength(3)),
    /** Whole disks for the volumes of pods, of a node with the role storage. */
    disks: z.optional(z.array(DiskDevice).check(z.maxLength(64))),
    ...shapeOf('node'),
  }),
})

/** The tasks that provision a node. */
export const NodeTask = z.enum(['first-master', 'master', 'worker'])

const common = {
  run: RunId,
  node: NodeId,
  /** Grows by one with each instruction for this node; an agent rejects one that is not higher than the last. */
  generation: z.int().check(z.positive()),
  expiresAt: z.iso.datetime(),
}

/** All tasks that a controller can give a node. An instruction never contains a command or a script. */
export const Instruction = z.discriminatedUnion('role', [
  /** Starts the cluster. */
  z.strictObject({ ...common, role: z.literal('first-master'), params: NodeParams }),
  /** Joins its control plane. */
  z.strictObject({ ...common, role: z.literal('master'), params: NodeParams }),
  z.strictObject({ ...common, role: z.literal('worker'), params: NodeParams }),
  /**
   * Makes a node that has joined what its parameters say, in the order that is safest for a running cluster: its control
   * plane, kubelet, container runtime and etcd. `provisionedAs`: the task that provisioned the node.
   */
  z.strictObject({ ...common, role: z.literal('upgrade'), provisionedAs: NodeTask, params: NodeParams }),
  /**
   * Makes the objects of the cluster what the parameters say: its stored configuration, CoreDNS, kube-proxy, pod network and
   * operator. For one master, after every node has the images of the bundle.
   */
  z.strictObject({ ...common, role: z.literal('add-ons'), provisionedAs: NodeTask, params: NodeParams }),
  /** Renews what expires on a node of the cluster, and changes nothing else. */
  z.strictObject({ ...common, role: z.literal('renew'), params: NodeParams }),
  /** Gives the etcd of a master the data of a backup, or of another master. */
  z.strictObject({ ...common, role: z.literal('restore-etcd'), params: NodeParams, restore: RestoreOrder }),
  /** Removes Kubernetes; the agent remains. */
  z.strictObject({ ...common, role: z.literal('reset'), params: z.strictObject({}) }),
])

export type Instruction = z.infer<typeof Instruction>
export type NodeParams = z.infer<typeof NodeParams>
export type NodeTask = z.infer<typeof NodeTask>
