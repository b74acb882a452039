import { type ClusterHealth, MOST_SHOWN_CERTIFICATES } from '../../protocol/api/clusters.ts'
import { certificatesOfCluster } from '../domain/certificates/certificates.ts'
import { present } from '../domain/draft.ts'
import { SILENT_MS } from '../domain/problems/problems.ts'
import type { Cluster } from '../domain/records.ts'
import type { HasAuthority, HasClock, HasOperations, HasPresence, HasStore } from '../ports.ts'
import { connectedMasters, situationOf } from '../reconcile/situation-of.ts'
import { shared } from './shared-answer.ts'

type Looking = HasStore & HasClock & HasPresence & HasAuthority & HasOperations

/** Short, because the administrator waits for the answer. */
const LOOK_MS = 5_000

const etcdHealth = shared(askMaster)

export async function healthOf(ports: Looking, cluster: Cluster): Promise<ClusterHealth> {
  const { id, report, reportAt } = cluster
  const nowMs = ports.now().getTime()
  const { answer, askedAt } = etcdHealth.get(ports, id)
  const nodes = report?.nodes.map(({ name, ready, unhealthy = [] }) => ({
    ...{ name, ready },
    unhealthy: unhealthy.map(({ type }) => type),
  }))
  const isCurrent = reportAt !== null && nowMs - Date.parse(reportAt) < SILENT_MS
  const etcd = await answer
  const etcdAt = etcd === null ? null : askedAt.toISOString()
  const members = present({ nodes: await ports.store.nodesOf(id) })
  const certificates = certificatesOfCluster(cluster, members, ports.now()).slice(0, MOST_SHOWN_CERTIFICATES)
  return { etcd, etcdAt, nodes: nodes ?? null, reportedAt: reportAt, isCurrent, certificates }
}

async function askMaster(ports: Looking, clusterId: string): Promise<ClusterHealth['etcd']> {
  const data = await ports.store.load(clusterId)
  const masters = data ? connectedMasters(ports, situationOf(ports, data).members) : []
  const answer = (await ports.operations.ask(ports, masters, { operation: 'look-at-etcd' }, LOOK_MS))?.answer
  return answer?.outcome === 'done' ? (answer.etcd ?? null) : null
}
