import type { HostView } from '../../../host/host.ts'
import { Backup, MAX_BACKUPS } from '../../../protocol/wire/messages/backup.ts'
import { BACKUPS, type BackupRecord, recordOf } from './places.ts'

/** The whole backups on this node, the newest first. */
export async function listBackups(view: HostView): Promise<Backup[]> {
  const names = ((await view.list(BACKUPS)) ?? []).filter((name) => !name.startsWith('.'))
  const records = await Promise.all(names.map((name) => readRecord(view, name)))
  const whole = records.flatMap((record) => (record === undefined ? [] : [Backup.parse(record)]))
  return whole.sort((a, b) => (a.madeAt > b.madeAt ? -1 : 1)).slice(0, MAX_BACKUPS)
}

/** Undefined if there is no such backup, or its record is damaged. */
export async function readRecord(view: HostView, id: string): Promise<BackupRecord | undefined> {
  const text = await view.read(recordOf(id))
  if (text === undefined) return undefined
  try {
    const record = JSON.parse(text) as BackupRecord
    return Backup.safeParse(record).success && record.id === id ? record : undefined
  } catch {
    return undefined
  }
}
