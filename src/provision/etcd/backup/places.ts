import { ETCD_DATA } from '../../../base/kubernetes-paths.ts'
import type { HostView } from '../../../host/host.ts'
import type { Backup } from '../../../protocol/wire/messages/backup.ts'
import { MEMBER_DATA } from '../../paths.ts'

/** Not below etcd's data, which can be on another disk, and can be lost with it. */
export const BACKUPS = '/var/lib/cantrip-etcd-backup'
export const CONFIGURATION = '/etc/cantrip-etcd-backup'
export const SETTINGS_FILE = `${CONFIGURATION}/settings.json`
export const BACKUP_UNIT = 'cantrip-etcd-backup.service'
export const BACKUP_TIMER = 'cantrip-etcd-backup.timer'
/** etcd's database, whose size is about that of a snapshot. */
export const DATABASE = `${MEMBER_DATA}/member/snap/db`
/** The data that a restore replaced, until the next one. */
export const REPLACED_DATA = `${ETCD_DATA}/replaced-data`

/** What a backup on this node contains. */
export interface Settings {
  cluster: { id: string; name: string }
  node: string
}

/** In backup.json, which is written last. */
export interface BackupRecord extends Backup {
  cluster: Settings['cluster']
  /** Of the file, and of the certificate of the cluster's CA. */
  sha256: string
  caSha256: string
}

export const directoryOf = (id: string) => `${BACKUPS}/${id}`
export const snapshotOf = (id: string) => `${directoryOf(id)}/snapshot.db`
export const recordOf = (id: string) => `${directoryOf(id)}/backup.json`

/** Undefined on a node whose last run was by an earlier build. */
export async function readSettings(view: HostView): Promise<Settings | undefined> {
  const text = await view.read(SETTINGS_FILE)
  return text === undefined ? undefined : (JSON.parse(text) as Settings)
}
