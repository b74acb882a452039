import * as z from 'zod/mini'
import { NodeName } from '../../names.ts'

/** NODE-TIME, for example `m1-20261129T205014Z`: unique in a cluster, and sorted by time on a node. */
export const BackupId = z.string().check(z.maxLength(280), z.regex(/^[a-z0-9][-.a-z0-9]*-\d{8}T\d{6}Z$/))

/** Why it was made: `schedule`, `request`, or the change before which it was made, such as `upgrade`. */
export const BackupReason = z.string().check(z.regex(/^[a-z][a-z-]{0,19}$/))

const count = z.int().check(z.nonnegative())

/** A whole backup of etcd on a master, as `etcdutl snapshot status` and the master describe it. */
export const Backup = z.object({
  id: BackupId,
  reason: BackupReason,
  madeAt: z.iso.datetime(),
  /** The version of the whole data at that time; it grows with each change. */
  revision: count,
  keys: count,
  bytes: count,
  /** Of the format of the data. A newer etcd reads it, an older one does not. */
  etcdVersion: z.string().check(z.maxLength(40)),
})

/** What a master knows of its own etcd, with or without a quorum. */
export const EtcdState = z.object({
  isRunning: z.boolean(),
  /** Whether a majority of the members answers. */
  hasQuorum: z.boolean(),
  /** Unknown if etcd has no data. Without `term` and `index` it was read from the file, without the last entries of the log. */
  revision: z.optional(count),
  term: z.optional(count),
  index: z.optional(count),
})

/** The most that a master keeps, and lists. */
export const MAX_BACKUPS = 40

/** What a master of a cluster has to do for its etcd to have the data of a backup. */
export const RestoreOrder = z.strictObject({
  /** Of this restore: the founder of the restored etcd is known by it. */
  id: z.string().check(z.regex(/^r-[a-z2-7]{10}$/)),
  /** The master that has the data. */
  source: NodeName,
  /** Null: the data of its own etcd. */
  backup: z.nullable(BackupId),
  /** All masters that take part, the source first. The others join one after another, in this order. */
  nodes: z.array(NodeName).check(z.minLength(1), z.maxLength(9)),
})

export type Backup = z.infer<typeof Backup>
export type EtcdState = z.infer<typeof EtcdState>
export type RestoreOrder = z.infer<typeof RestoreOrder>
