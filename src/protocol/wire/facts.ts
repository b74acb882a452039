import * as z from 'zod/mini'
import { MOST_CERTIFICATES, NodeCertificate } from '../certificates/node-certificate.ts'
import { MAX_PROBLEM_CHARACTERS, MOST_IMAGES } from '../images/limits.ts'
import { IpAddress } from '../names.ts'
import { NodeLabels } from '../settings/nodes.ts'

/** Of the credentials file, and of the command line. */
const MOST_LOGINS = 200
const short = z.string().check(z.maxLength(255))
const count = z.number().check(z.nonnegative())

/** An image that people added to the cluster, on one node. */
export const AddedImage = z.strictObject({
  name: short,
  digest: short,
  /** As in the list that the node had: an image can be added again. */
  addedAt: z.optional(z.iso.datetime()),
  /** Why it is not here. */
  problem: z.optional(
    z.strictObject({
      code: short,
      message: z.string().check(z.maxLength(MAX_PROBLEM_CHARACTERS)),
      fix: z.string().check(z.maxLength(MAX_PROBLEM_CHARACTERS)),
    }),
  ),
})
export type AddedImage = z.infer<typeof AddedImage>

/** What an agent reports about its machine. Unknown fields of a newer agent are ignored. */
export const Facts = z.object({
  hostname: short,
  os: z.strictObject({ id: short, version: short, prettyName: short, kernel: short, arch: z.enum(['x64', 'arm64']) }),
  cpu: z.strictObject({ model: short, cores: count }),
  memoryBytes: count,
  disks: z
    .array(
      z.strictObject({
        device: short,
        sizeBytes: count,
        model: short,
        rotational: z.boolean(),
        /** It has no partitions and no file system, and is not mounted. */
        usableForStorage: z.boolean(),
        reason: short,
      }),
    )
    .check(z.maxLength(256)),
  interfaces: z
    .array(
      z.strictObject({
        name: short,
        mac: short,
        mtu: count,
        speedMbps: z.nullable(count),
        addresses: z.array(z.strictObject({ address: IpAddress, prefix: count })).check(z.maxLength(64)),
        defaultRoute: z.boolean(),
      }),
    )
    .check(z.maxLength(256)),
  bootId: short,
  machineId: short,
  /** From the firmware; absent on some boards. */
  productUuid: z.optional(short),
  /** From the firmware; absent on some boards. */
  serial: z.optional(short),
  /** The labels that were given to the agent, for the rules of its cluster. */
  labels: z.optional(NodeLabels),
  /** How the agent reaches the controller, without user and password. Absent: directly, or from an older agent. */
  proxy: z.optional(
    z.strictObject({
      /** Absent: connections are intercepted on their way. */
      url: z.optional(z.string().check(z.maxLength(2_048))),
      inspects: z.optional(z.literal(true)),
    }),
  ),
  /** The hosts for which this node has a login, `http://HOST` if it may be sent in clear. Absent if there are none. */
  registryLogins: z.optional(z.array(z.string().check(z.maxLength(262))).check(z.maxLength(MOST_LOGINS))),
  agentVersion: short,
  versions: z.record(short, short),
  /** Images of the bundle that are gone from this node; the agent restores them. Absent if there are none. */
  missingImages: z.optional(z.array(short).check(z.maxLength(256))),
  /** Images that people added to the cluster and that were brought here, or could not be. Absent if there are none. */
  addedImages: z.optional(z.array(AddedImage).check(z.maxLength(MOST_IMAGES))),
  /** The certificates of the agent and of what it installed. Absent from older agents. */
  certificates: z.optional(z.array(NodeCertificate).check(z.maxLength(MOST_CERTIFICATES))),
})

export type Facts = z.infer<typeof Facts>
