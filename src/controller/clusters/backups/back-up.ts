import { AgentError } from '../../../base/agent-error.ts'
import type { SavedBackup } from '../../../protocol/api/clusters/backups.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Cluster } from '../../domain/records.ts'
import { mastersIn } from '../kubeconfigs/masters.ts'
import type { Looking } from './look.ts'

/** Less than a client waits for an answer. */
const BACK_UP_MS = 60_000

/** Has one of the connected masters back etcd up. */
export async function backUp(ports: Looking, cluster: Pick<Cluster, 'id' | 'name'>): Promise<SavedBackup> {
  const { connected } = await mastersIn(ports, cluster)
  const asked = await ports.operations.ask(ports, connected, { operation: 'back-up-etcd' }, BACK_UP_MS)
  const fix = remedy`check its masters: ${{ do: 'cluster.show', cluster: cluster.name }}`
  if (!asked) {
    const found = `no master of cluster ${cluster.name} is connected`
    throw new AgentError('etcd-backup/no-master', found, { ...fix, kind: 'refused' })
  }
  const { master, answer } = asked
  if (answer.outcome === 'done' && answer.backup) return { node: master.name, backup: answer.backup }
  if (answer.outcome === 'failed') {
    const { code, message, fix: then } = answer.error
    throw new AgentError(code, `master ${master.name}: ${message}`, { fix: then })
  }
  const waits = answer.outcome === 'not-yet' ? answer.waitingFor : `master ${master.name} to answer with a backup`
  const found = `the backup is not made yet: waiting for ${waits}`
  throw new AgentError('etcd-backup/not-yet', found, { ...fix, kind: 'unreachable' })
}
