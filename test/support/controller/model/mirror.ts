import type { Change } from '../../../../src/controller/domain/change.ts'
import type { Cluster, Enrolment, NewEvent, Node, Run } from '../../../../src/controller/domain/records.ts'

/** The expected content of the store after all successful commits, kept separately. */
export interface Mirror {
  cluster: Cluster
  readonly nodes: Map<string, Node>
  /** The runs by node, oldest first. */
  readonly runs: Map<string, Run[]>
  readonly enrolments: Map<string, Enrolment>
  readonly events: NewEvent[]
  /** All events in order. */
  readonly changes: Change[]
  /** IDs of runs during which the node was disconnected for long. */
  readonly silenced: Set<string>
  /** IDs of nodes that had their roles at the last provision request. */
  readonly asked: Set<string>
  dnsDownSince: string | null
  /** The last state in the events, by node ID or null for the cluster. */
  readonly shown: Map<string | null, string>
  /** Commits with an expected version. */
  commits: number
  /** Commits that were refused because of a newer version. */
  refused: number
}

export const openMirror = (cluster: Cluster): Mirror => ({
  cluster,
  nodes: new Map(),
  runs: new Map(),
  enrolments: new Map(),
  events: [],
  changes: [],
  silenced: new Set(),
  asked: new Set(),
  dnsDownSince: null,
  shown: new Map([[null, 'NEW']]),
  commits: 0,
  refused: 0,
})

export const presentIn = (mirror: Mirror): Node[] =>
  [...mirror.nodes.values()].filter(({ state }) => state !== 'REMOVED')
export const runsIn = (mirror: Mirror, nodeId: string): readonly Run[] => mirror.runs.get(nodeId) ?? []

export function apply(mirror: Mirror, change: Change): void {
  mirror.changes.push(change)
  switch (change.change) {
    case 'set-cluster':
      setCluster(mirror, change.to)
      break
    case 'add-node':
      mirror.nodes.set(change.node.id, change.node)
      break
    case 'set-node':
      setNode(mirror, change.id, change.to)
      break
    case 'remove-node':
      mirror.nodes.delete(change.id)
      mirror.runs.delete(change.id)
      for (const [name, { nodeId }] of mirror.enrolments) if (nodeId === change.id) mirror.enrolments.delete(name)
      break
    case 'add-enrolment':
      mirror.enrolments.set(change.enrolment.fingerprint, change.enrolment)
      break
    case 'set-enrolment': {
      const found = mirror.enrolments.get(change.fingerprint)
      if (found) mirror.enrolments.set(change.fingerprint, { ...found, ...change.to })
      break
    }
    case 'add-run':
      mirror.runs.set(change.run.nodeId, [...runsIn(mirror, change.run.nodeId), change.run])
      break
    case 'set-run':
      for (const [nodeId, runs] of mirror.runs) {
        if (!runs.some(({ id }) => id === change.id)) continue
        mirror.runs.set(
          nodeId,
          runs.map((run) => (run.id === change.id ? { ...run, ...change.to } : run)),
        )
      }
      break
    case 'add-event':
      mirror.events.push(change.event)
      if ('state' in change.event.event) mirror.shown.set(change.event.nodeId, change.event.event.state)
      break
    case 'remove-step-progress': {
      const isKept = ({ runId, event }: NewEvent) => runId !== change.runId || event.kind !== 'step-progress'
      mirror.events.splice(0, Infinity, ...mirror.events.filter(isKept))
    }
  }
}

function setCluster(mirror: Mirror, to: Partial<Cluster>): void {
  if (to.desired === 'provision') {
    mirror.asked.clear()
    for (const { id, roles } of presentIn(mirror)) if (roles.length > 0) mirror.asked.add(id)
  }
  if (to.report) mirror.dnsDownSince = to.report.dns ? null : (mirror.dnsDownSince ?? to.reportAt ?? null)
  mirror.cluster = { ...mirror.cluster, ...to }
}

function setNode(mirror: Mirror, id: string, to: Partial<Node>): void {
  const found = mirror.nodes.get(id)
  if (!found) return
  if (to.configuredAt) mirror.asked.delete(id)
  if (to.silent === 'unreachable') for (const run of runsIn(mirror, id)) mirror.silenced.add(run.id)
  mirror.nodes.set(id, { ...found, ...to })
}
