import { AgentError } from '../../../base/agent-error.ts'
import type { HostView } from '../../../host/host.ts'
import { KUBERNETES_PKI } from '../../paths.ts'
import { readRecord } from './list.ts'
import { snapshotOf } from './places.ts'
import { etcdutl, snapshotStatus } from './snapshot-status.ts'

const FIX = 'choose another backup; see: controller cluster backup list NAME'

/** Throws unless the backup is whole, of this cluster, and not of a newer etcd. */
export async function admitBackup(view: HostView, id: string, cluster: { id: string; name: string }): Promise<void> {
  const record = await readRecord(view, id)
  if (record === undefined) throw refused('etcd-backup/unknown', `this node has no complete backup ${id}`)
  const caSha256 = await view.sha256(`${KUBERNETES_PKI}/ca.crt`)
  if (record.cluster.id !== cluster.id || record.caSha256 !== caSha256) {
    const of = `cluster ${record.cluster.name} (${record.cluster.id})`
    const other = 'with other authorities, so that no node and no token in it would be valid here'
    throw refused(
      'etcd-backup/other-cluster',
      `the backup ${id} is of ${of}; wanted one of ${cluster.name} (${cluster.id}), not one ${other}`,
    )
  }
  const wanted = await etcdMinor(view)
  if (minorOf(record.etcdVersion) > wanted) {
    throw refused(
      'etcd-backup/newer-etcd',
      `the backup ${id} is of etcd ${record.etcdVersion}; the etcd of this node is 3.${wanted}`,
    )
  }
  if ((await view.sha256(snapshotOf(id))) !== record.sha256) {
    throw refused('etcd-backup/damaged', `the snapshot of backup ${id} was changed or damaged since it was saved`)
  }
  await snapshotStatus(view, snapshotOf(id))
}

async function etcdMinor(view: HostView): Promise<number> {
  const { stdout } = await view.ask([etcdutl(view.layout), 'version'])
  return minorOf(/version: (\S+)/.exec(stdout)?.[1] ?? '')
}

/** etcd has been at 3 for years. */
const minorOf = (version: string) => Number(/^3\.(\d+)/.exec(version)?.[1] ?? Number.NaN)

function refused(code: string, message: string): AgentError {
  return new AgentError(code, message, { fix: FIX, kind: 'refused' })
}
