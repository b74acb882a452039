import { linuxMachine } from '../../../host/linux/linux-machine.ts'
import { BackupReason } from '../../../protocol/wire/messages/backup.ts'
import { saveBackup } from '../../../provision/etcd/backup/save.ts'
import { pathsFor } from '../surroundings.ts'

/** `agent etcd-backup [REASON]`: the timer of systemd starts it, and runs before they change etcd. */
export async function runEtcdBackup([reason = 'schedule']: readonly string[]): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  const { id, revision, bytes } = await saveBackup(
    linuxMachine(pathsFor(undefined).layout),
    BackupReason.parse(reason),
    stop.signal,
  )
  process.stdout.write(`saved ${id}: revision ${revision}, ${bytes} bytes\n`)
  return 0
}
