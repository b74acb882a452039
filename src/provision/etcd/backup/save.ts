import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { Machine } from '../../../host/machine.ts'
import type { Backup } from '../../../protocol/wire/messages/backup.ts'
import { KUBERNETES_PKI } from '../../paths.ts'
import { SHARED_FILES } from '../../shared-files.ts'
import { snapshotCommand } from '../save-snapshot.ts'
import { BACKUPS, type BackupRecord, DATABASE, directoryOf, readSettings, type Settings } from './places.ts'
import { prune } from './prune.ts'
import { snapshotStatus } from './snapshot-status.ts'

const SAVE_MS = 300_000
/** Left free, besides the snapshot and a tenth of its size. */
const RESERVE_BYTES = 64 * 2 ** 20

/**
 * Saves all data of etcd and the files that the masters share, verifies the snapshot, and removes old backups. It gets its name
 * when it is whole and on the disk; after a failure nothing of it is left. It does not need a quorum. The directory and its undo
 * are recorded by the run that sets the backups up.
 */
export async function saveBackup(machine: Machine, reason: string, signal?: AbortSignal): Promise<Backup> {
  const settings = await readSettings(machine)
  if (settings === undefined || (await machine.stat(BACKUPS)) === undefined) throw notSetUp()
  await removeParts(machine)
  await needSpace(machine)
  const now = machine.now()
  const id = `${settings.node}-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`
  const part = await takeName(machine, id)
  try {
    const record = await saveTo(machine, part, { id, reason, madeAt: now.toISOString() }, settings, signal)
    await machine.writeFile(`${part}/backup.json`, `${JSON.stringify(record, null, 2)}\n`, 0o600)
    await machine.execute(['/usr/bin/mv', '--no-target-directory', part, directoryOf(id)])
    await machine.execute(['sync', BACKUPS])
    await prune(machine)
    const { cluster: _, sha256: __, caSha256: ___, ...backup } = record
    return backup
  } catch (error) {
    await machine.removeTree(part, { all: true })
    throw error
  }
}

/** Creates the directory of a backup until it is whole. mkdir, because it fails if another one of the same second has it. */
async function takeName(machine: Machine, id: string): Promise<string> {
  const part = `${BACKUPS}/.${id}`
  try {
    await machine.execute(['/usr/bin/mkdir', '--mode=0700', part])
  } catch (error) {
    throw (await machine.stat(part)) === undefined ? error : taken(id)
  }
  if ((await machine.stat(directoryOf(id))) === undefined) return part
  await machine.removeDirectory(part)
  throw taken(id)
}

function taken(id: string): AgentError {
  const found = `the backup ${id} was begun in the same second`
  return new AgentError('etcd-backup/busy', found, { fix: 'repeat it, if you need another one', kind: 'refused' })
}

async function saveTo(
  machine: Machine,
  part: string,
  named: Pick<BackupRecord, 'id' | 'reason' | 'madeAt'>,
  { cluster }: Settings,
  signal: AbortSignal | undefined,
): Promise<BackupRecord> {
  const file = `${part}/snapshot.db`
  const options = { timeoutMs: SAVE_MS, ...(signal && { signal }) }
  await machine.execute(snapshotCommand(machine.layout, '127.0.0.1', file), options)
  await machine.setMode(file, 0o600)
  const { revision, totalKey, version } = await snapshotStatus(machine, file)
  await machine.writeFile(`${part}/authorities.json`, `${JSON.stringify(await authorities(machine), null, 2)}\n`, 0o600)
  const bytes = (await machine.stat(file))?.size ?? 0
  const [sha256 = '', caSha256 = ''] = await Promise.all(
    [file, `${KUBERNETES_PKI}/ca.crt`].map((path) => machine.sha256(path)),
  )
  return { ...named, revision, keys: totalKey, bytes, etcdVersion: version, cluster, sha256, caSha256 }
}

/** CAs and the key of service accounts are in no snapshot, and without them its content is worth little. */
async function authorities(machine: Machine): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const [name, { path }] of Object.entries(SHARED_FILES)) {
    const text = await machine.read(path)
    if (text !== undefined) files[name] = text
  }
  return files
}

/** Of a process that was killed. Another one that runs now is younger than its timeout. */
async function removeParts(machine: Machine): Promise<void> {
  for (const name of (await machine.list(BACKUPS)) ?? []) {
    const path = `${BACKUPS}/${name}`
    const age = machine.now().getTime() - ((await machine.stat(path))?.mtimeMs ?? 0)
    if (name.startsWith('.') && age > 2 * SAVE_MS) await machine.removeTree(path, { all: true })
  }
}

async function needSpace(machine: Machine): Promise<void> {
  const wanted = 1.1 * ((await machine.stat(DATABASE))?.size ?? 0) + RESERVE_BYTES
  const { freeBytes } = await machine.diskSpace(BACKUPS)
  if (freeBytes >= wanted) return
  const mib = (bytes: number) => Math.ceil(bytes / 2 ** 20)
  const found = `found ${mib(freeBytes)} MiB free for ${BACKUPS}; a backup of etcd wants ${mib(wanted)} MiB`
  throw new AgentError('etcd-backup/disk-full', found, { fix: `free some space: ${command`df -h ${BACKUPS}`}` })
}

export function notSetUp(): AgentError {
  return new AgentError(
    'etcd-backup/not-set-up',
    'backups of etcd are not set up on this master: an earlier build provisioned it',
    {
      fix: 'controller cluster provision NAME, which sets them up',
      kind: 'refused',
    },
  )
}
