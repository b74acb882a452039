import type { AuditContent } from '../../protocol/audit/entry.ts'
import type { Change } from './change.ts'
import { placeChange } from './place.ts'
import type { Cluster, Enrolment, NewEvent, Node, Run } from './records.ts'
import { rejoinsAfter } from './rejoin/rejoin.ts'

/** The stored records of one cluster. */
export interface ClusterData {
  /** Grows with each commit to the cluster. */
  version: number
  cluster: Cluster
  /** Including removed nodes; the oldest first. */
  nodes: readonly Node[]
  /** For each node: its open runs, the last repair, the last run that is not a repair, and the last that is neither a repair nor a reset. */
  runs: readonly Run[]
  enrolments: readonly Enrolment[]
}

/** A cluster with changes that are not committed yet, but visible when the draft is read. */
export interface Draft extends ClusterData {
  readonly now: Date
  readonly changes: readonly Change[]
  setCluster(to: Partial<Cluster>): void
  /** Also removes its nodes, runs and events. */
  removeCluster(): void
  addNode(node: Node): void
  setNode(id: string, to: Partial<Node>): void
  removeNode(id: string): void
  addEnrolment(enrolment: Enrolment): void
  setEnrolment(fingerprint: string, to: Partial<Enrolment>): void
  addRun(run: Run): void
  setRun(id: string, to: Partial<Run>): void
  addEvent(event: Omit<NewEvent, 'clusterId'>): void
  removeStepProgress(runId: string): void
  /** For what the controller does by itself: see audit/by-rule.ts. */
  addAuditEntry(content: AuditContent): void
}

export function openDraft(data: ClusterData, now: Date): Draft {
  const changes: Change[] = []
  const changed = <T>(list: readonly T[], isIt: (each: T) => boolean, to: Partial<T>) =>
    list.map((each) => (isIt(each) ? { ...each, ...to } : each))
  const draft: Draft = {
    ...data,
    now,
    changes,
    setCluster(to) {
      changes.push({ change: 'set-cluster', id: draft.cluster.id, to })
      draft.cluster = { ...draft.cluster, ...to }
    },
    removeCluster() {
      changes.push({ change: 'remove-cluster', id: draft.cluster.id })
    },
    addNode(node) {
      changes.push({ change: 'add-node', node })
      draft.nodes = [...draft.nodes, node]
    },
    setNode(id, to) {
      changes.push({ change: 'set-node', id, to })
      draft.nodes = changed(draft.nodes, (node) => node.id === id, to)
    },
    removeNode(id) {
      changes.push({ change: 'remove-node', id })
      draft.nodes = draft.nodes.filter((node) => node.id !== id)
      draft.runs = draft.runs.filter((run) => run.nodeId !== id)
      draft.enrolments = draft.enrolments.filter(({ nodeId }) => nodeId !== id)
    },
    addEnrolment(enrolment) {
      changes.push({ change: 'add-enrolment', enrolment })
      draft.enrolments = [...draft.enrolments, enrolment]
    },
    setEnrolment(fingerprint, to) {
      changes.push({ change: 'set-enrolment', fingerprint, to })
      draft.enrolments = changed(draft.enrolments, (each) => each.fingerprint === fingerprint, to)
    },
    addRun(run) {
      changes.push({ change: 'add-run', run })
      draft.runs = [...draft.runs, run]
      keepPlace(undefined, run)
    },
    setRun(id, to) {
      const before = runIn(draft, id)
      changes.push({ change: 'set-run', id, to })
      draft.runs = changed(draft.runs, (run) => run.id === id, to)
      if (!before) return
      keepPlace(before, { ...before, ...to })
      keepRejoins(before, { ...before, ...to })
    },
    addEvent(event) {
      changes.push({ change: 'add-event', event: { ...event, clusterId: draft.cluster.id } })
    },
    removeStepProgress(runId) {
      changes.push({ change: 'remove-step-progress', runId })
    },
    addAuditEntry(content) {
      changes.push({ change: 'add-audit-entry', content })
    },
  }
  /** The place of a node follows its last run that is not a repair. */
  const keepPlace = (before: Run | undefined, after: Run) => {
    const place = placeChange(before, after)
    const { nodeId } = after
    const isLast = lastRunIn(draft, nodeId, ({ repair }) => !repair)?.id === after.id
    const isHere = present(draft).some(({ id }) => id === nodeId)
    if (place !== undefined && isLast && isHere) draft.setNode(nodeId, { place })
  }
  const keepRejoins = (before: Run, after: Run) => {
    for (const { id, to } of rejoinsAfter(before, after, present(draft), now)) draft.setNode(id, to)
  }
  return draft
}

type Runs = Pick<ClusterData, 'runs'>
type Nodes = Pick<ClusterData, 'nodes'>

export const nodeIn = ({ nodes }: Nodes, id: string): Node | undefined => nodes.find((node) => node.id === id)
export const present = ({ nodes }: Nodes): Node[] => nodes.filter(({ state }) => state !== 'REMOVED')
export const runIn = ({ runs }: Runs, id: string): Run | undefined => runs.find((run) => run.id === id)
export const hasOpenRun = ({ runs }: Runs, nodeId: string): boolean =>
  runs.some((run) => run.nodeId === nodeId && run.state === 'open')

/** The last run of the node for which `counts` returns true. */
export function lastRunIn({ runs }: Runs, nodeId: string, counts: (run: Run) => boolean): Run | undefined {
  return runs
    .filter((run) => run.nodeId === nodeId && counts(run))
    .reduce<Run | undefined>((last, run) => (last && last.generation > run.generation ? last : run), undefined)
}
