import { AgentError } from '../../../base/agent-error.ts'
import type { SavedBackup } from '../../../protocol/api/clusters/backups.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { HasActs } from '../../audit/recorded.ts'
import type { Cluster, Node } from '../../domain/records.ts'
import { mastersIn } from '../kubeconfigs/masters.ts'
import { type Looking, lists } from './look.ts'

/** Less than a client waits for an answer. */
const BACK_UP_MS = 60_000

type Named = Pick<Cluster, 'id' | 'name'>

/** Has one of the connected masters back etcd up. */
export async function backUp(ports: Looking & HasActs, cluster: Named): Promise<SavedBackup> {
  const { connected } = await mastersIn(ports, cluster)
  if (connected.length === 0) {
    const found = `no master of cluster ${cluster.name} is connected`
    throw new AgentError('etcd-backup/no-master', found, { ...fixFor(cluster), kind: 'refused' })
  }
  const change = { record: 'backup', id: cluster.id, name: cluster.name, change: 'added', fields: {} } as const
  const saved = await ports.doRecorded([change], () => askFor(ports, cluster, connected))
  lists.forget(ports, cluster.id)
  return saved
}

async function askFor(ports: Looking, cluster: Named, masters: readonly Node[]): Promise<SavedBackup> {
  const asked = await ports.operations.ask(ports, masters, { operation: 'back-up-etcd' }, BACK_UP_MS)
  const answer = asked?.answer
  const name = asked?.master.name ?? ''
  if (answer?.outcome === 'done' && answer.backup) return { node: name, backup: answer.backup }
  if (answer?.outcome === 'failed') {
    const { code, message, fix } = answer.error
    throw new AgentError(code, `master ${name}: ${message}`, { fix })
  }
  const waits = answer?.outcome === 'not-yet' ? answer.waitingFor : `master ${name} to answer with a backup`
  const found = `the backup is not made yet: waiting for ${waits}`
  throw new AgentError('etcd-backup/not-yet', found, { ...fixFor(cluster), kind: 'unreachable' })
}

const fixFor = ({ name }: Named) => remedy`check its masters: ${{ do: 'cluster.show', cluster: name }}`
