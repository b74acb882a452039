import * as z from 'zod/mini'
import { NodeName } from '../../names.ts'
import { Backup, BackupId, EtcdState } from '../../wire/messages/backup.ts'
import type { Route } from '../route.ts'

/** What one master answers. `problem`: why it does not. */
export const MasterBackups = z.object({
  node: z.string(),
  backups: z.array(Backup),
  etcd: z.nullable(EtcdState),
  problem: z.nullable(z.string()),
})
export type MasterBackups = z.infer<typeof MasterBackups>

export const BackupList = z.object({ masters: z.array(MasterBackups) })
export type BackupList = z.infer<typeof BackupList>

export const SavedBackup = z.object({ node: z.string(), backup: Backup })
export type SavedBackup = z.infer<typeof SavedBackup>

export const BegunRestore = z.object({
  /** The master that has the data. */
  source: z.string(),
  /** The masters that take part, in the order in which they join, the source first. */
  nodes: z.array(z.string()),
  /** Masters that do not answer, and take no part. */
  absent: z.array(z.string()),
})
export type BegunRestore = z.infer<typeof BegunRestore>

const RESTORE_ERRORS = [
  'cluster/unknown',
  'cluster/gone',
  'agent/update-needed',
  'bundle/none',
  'restore/busy',
  'upgrade/active',
] as const

/** Backups of the etcd of a cluster, which are on its masters. */
export const backupRoutes = {
  listBackups: {
    method: 'GET',
    path: '/v1/clusters/{name}/backups',
    access: ['view'],
    summary: 'Lists the backups of etcd on the masters, and what the etcd of each master has',
    answer: BackupList,
    errors: ['cluster/unknown'],
  },
  createBackup: {
    method: 'POST',
    path: '/v1/clusters/{name}/backups',
    access: ['operate'],
    summary: 'Makes a master back up etcd now; returns when the backup is complete and verified',
    answer: SavedBackup,
    errors: ['cluster/unknown', 'etcd-backup/no-master', 'etcd-backup/not-yet'],
  },
  restoreBackup: {
    method: 'POST',
    path: '/v1/clusters/{name}/restore',
    access: ['administrate'],
    summary: 'Restores a backup of etcd, which replaces all data of the cluster; the API is not available meanwhile',
    body: z.strictObject({ backup: BackupId }),
    answer: BegunRestore,
    errors: [...RESTORE_ERRORS, 'etcd-backup/unknown', 'restore/absent'],
  },
  recoverCluster: {
    method: 'POST',
    path: '/v1/clusters/{name}/recover',
    access: ['administrate'],
    summary: 'Recovers etcd from the data of one master, after a majority of its members was lost',
    body: z.strictObject({ survivor: NodeName }),
    answer: BegunRestore,
    errors: [...RESTORE_ERRORS, 'recover/has-quorum', 'recover/no-data', 'recover/older-data'],
  },
} as const satisfies Record<string, Route>
