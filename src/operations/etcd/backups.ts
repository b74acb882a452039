import type { HostView } from '../../host/host.ts'
import type { Machine } from '../../host/machine.ts'
import type { EtcdState } from '../../protocol/wire/messages/backup.ts'
import type { Operation } from '../../protocol/wire/operation.ts'
import { admitBackup } from '../../provision/etcd/backup/admit.ts'
import { listBackups } from '../../provision/etcd/backup/list.ts'
import { DATABASE, readSettings } from '../../provision/etcd/backup/places.ts'
import { notSetUp, saveBackup } from '../../provision/etcd/backup/save.ts'
import { etcdutl, snapshotStatus } from '../../provision/etcd/backup/snapshot-status.ts'
import { readMembership } from '../../provision/etcd/etcd-members.ts'
import { statusOf } from '../../provision/etcd/etcd-status.ts'
import type { Outcome } from '../answer.ts'

const HERE = '127.0.0.1'

/** Backs etcd up now. */
export async function backUpEtcd(machine: Machine): Promise<Outcome> {
  return { outcome: 'done', backup: await saveBackup(machine, 'request') }
}

/** The backups on this master, and what its own etcd has. */
export async function lookAtBackups(host: HostView): Promise<Outcome> {
  const [backups, etcdState] = await Promise.all([listBackups(host), stateOfEtcd(host)])
  return { outcome: 'done', backups, etcdState }
}

/** Before a restore stops anything on any master. */
export async function checkBackup(
  host: HostView,
  { backup }: Operation & { operation: 'check-backup' },
): Promise<Outcome> {
  const settings = await readSettings(host)
  if (settings === undefined) throw notSetUp()
  await admitBackup(host, backup, settings.cluster)
  return { outcome: 'done' }
}

async function stateOfEtcd(host: HostView): Promise<EtcdState> {
  const status = await statusOf(host, { clientUrl: `https://${HERE}:2379` })
  if (status !== undefined) {
    const { revision, term, index } = status
    const quorum = await readMembership(host, [HERE], { linearizable: true })
    return { isRunning: true, hasQuorum: quorum !== undefined, revision, term, index }
  }
  const isReadable = (await host.stat(DATABASE)) !== undefined && (await host.stat(etcdutl(host.layout))) !== undefined
  const found = isReadable ? await snapshotStatus(host, DATABASE).catch(() => undefined) : undefined
  return { isRunning: false, hasQuorum: false, ...(found && { revision: found.revision }) }
}
