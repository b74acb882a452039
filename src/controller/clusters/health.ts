import { type ClusterHealth, MOST_SHOWN_CERTIFICATES } from '../../protocol/api/clusters.ts'
import { certificatesOfCluster } from '../domain/certificates/certificates.ts'
import { present } from '../domain/draft.ts'
import { SILENT_MS } from '../domain/problems/problems.ts'
import type { Cluster } from '../domain/records.ts'
import type { Operations } from '../live/operations.ts'
import type { HasAuthority, HasClock, HasOperations, HasPresence, HasStore } from '../ports.ts'
import { connectedMasters, situationOf } from '../reconcile/situation-of.ts'

type Looking = HasStore & HasClock & HasPresence & HasAuthority & HasOperations

const FRESH_MS = 5_000
/** Short, because the administrator waits for the answer. */
const LOOK_MS = 5_000
const known = new WeakMap<Operations, Map<string, { atMs: number; etcd: Promise<ClusterHealth['etcd']> }>>()

/** The health of etcd is cached for 5 s, so that repeated requests do not load a master. */
export async function healthOf(ports: Looking, cluster: Cluster): Promise<ClusterHealth> {
  const { id, report, reportAt } = cluster
  const nowMs = ports.now().getTime()
  const looks = known.get(ports.operations) ?? new Map()
  known.set(ports.operations, looks)
  const last = looks.get(id)
  const fresh = last && nowMs - last.atMs < FRESH_MS ? last : { atMs: nowMs, etcd: askMaster(ports, id) }
  looks.set(id, fresh)
  const nodes = report?.nodes.map(({ name, ready, unhealthy = [] }) => ({
    ...{ name, ready },
    unhealthy: unhealthy.map(({ type }) => type),
  }))
  const isCurrent = reportAt !== null && nowMs - Date.parse(reportAt) < SILENT_MS
  const etcd = await fresh.etcd
  const etcdAt = etcd === null ? null : new Date(fresh.atMs).toISOString()
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
