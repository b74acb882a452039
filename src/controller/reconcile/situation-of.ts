import { type ClusterData, lastRunIn, present } from '../domain/draft.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { isProvisionedMaster } from '../domain/shape.ts'
import type { Member, Situation } from '../domain/situation.ts'
import type { HasClock, HasPresence } from '../ports.ts'

/** Combines the stored records of a cluster with the live state of its nodes. */
export function situationOf(ports: HasClock & HasPresence, data: ClusterData): Situation {
  const { cluster } = data
  const runs = Map.groupBy(data.runs, ({ nodeId }) => nodeId)
  const members = present(data).map(
    (node): Member => ({
      node,
      ...lastRuns({ runs: runs.get(node.id) ?? [] }, node),
      silentMs: silentMs(ports, node),
    }),
  )
  return { now: ports.now(), cluster, members, reportSilentMs: reportSilentMs(ports, cluster) }
}

/** The last run, and the last repair if it is newer. */
function lastRuns(data: Pick<ClusterData, 'runs'>, { id }: Node): Pick<Member, 'run' | 'repair'> {
  const run = lastRunIn(data, id, ({ repair }) => !repair) ?? null
  const repair = lastRunIn(data, id, (each) => each.repair) ?? null
  return { run, repair: repair !== null && repair.generation > (run?.generation ?? 0) ? repair : null }
}

/** Connected masters that run the API server and etcd, and can carry out operations. */
export function connectedMasters({ presence }: HasPresence, members: readonly Member[]): Node[] {
  // One that has yet to join again after a recovery would speak for the former etcd.
  const masters = members.filter(isProvisionedMaster).flatMap(({ node }) => (node.rejoin === null ? [node] : []))
  return masters.filter(({ id }) => presence.isConnected(id))
}

/** Time since the last contact, or since the start of the controller. */
export function silentMs({ presence, now, startedAt }: HasClock & HasPresence, node: Node): number {
  const contactMs = presence.lastContact(node.id)?.getTime() ?? 0
  const storedMs = Date.parse(node.lastSeen ?? node.createdAt)
  return Math.max(0, now().getTime() - Math.max(contactMs, storedMs, startedAt.getTime()))
}

function reportSilentMs({ now, startedAt }: HasClock, { reportAt }: Cluster): number {
  if (reportAt === null) return 0
  return Math.max(0, now().getTime() - Math.max(Date.parse(reportAt), startedAt.getTime()))
}
