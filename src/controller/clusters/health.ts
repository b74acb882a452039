import type { ClusterHealth } from '../../protocol/api/clusters.ts'
import type { Core } from '../core.ts'
import { SILENT_MS } from '../domain/problems/problems.ts'
import type { Cluster } from '../domain/records.ts'
import { connectedHolders, situationOf } from '../reconcile/situation-of.ts'

const FRESH_MS = 5_000
/** Whoever looks does not want to wait. */
const LOOK_MS = 5_000
const known = new WeakMap<Core, Map<string, { atMs: number; etcd: Promise<ClusterHealth['etcd']> }>>()

/** Whoever looks again and again does not have a master look each time. */
export async function healthOf(core: Core, { id, report, reportAt }: Cluster): Promise<ClusterHealth> {
  const nowMs = core.now().getTime()
  const looks = known.get(core) ?? new Map()
  known.set(core, looks)
  const last = looks.get(id)
  const fresh = last && nowMs - last.atMs < FRESH_MS ? last : { atMs: nowMs, etcd: askMaster(core, id) }
  looks.set(id, fresh)
  const nodes = report?.nodes.map(({ name, ready, unhealthy = [] }) => ({
    ...{ name, ready },
    unhealthy: unhealthy.map(({ type }) => type),
  }))
  const isCurrent = reportAt !== null && nowMs - Date.parse(reportAt) < SILENT_MS
  return { etcd: await fresh.etcd, nodes: nodes ?? null, reportedAt: reportAt, isCurrent }
}

async function askMaster(core: Core, clusterId: string): Promise<ClusterHealth['etcd']> {
  const masters = connectedHolders(core, situationOf(core, clusterId)?.members ?? [])
  const answer = (await core.operations.ask(core, masters, { operation: 'look-at-etcd' }, LOOK_MS))?.answer
  return answer?.outcome === 'done' ? (answer.etcd ?? null) : null
}
