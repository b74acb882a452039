import type { Change } from './change.ts'
import type { Cluster, Enrolment, NewEvent, Node, Run } from './records.ts'

/** A cluster as it was read, with all that decisions about it rest on. */
export interface ClusterData {
  /** Grows with each commit about the cluster. */
  version: number
  cluster: Cluster
  /** Those that were removed, too; the oldest first. */
  nodes: readonly Node[]
  /** Of each node: those that are open, the last repair, the last other one, and the last that was no reset. */
  runs: readonly Run[]
  enrolments: readonly Enrolment[]
}

/** A cluster with changes that are not stored yet: what is read from it is as if they were. */
export interface Draft extends ClusterData {
  readonly now: Date
  readonly changes: readonly Change[]
  setCluster(to: Partial<Cluster>): void
  /** With all that is in it. */
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
    },
    setRun(id, to) {
      changes.push({ change: 'set-run', id, to })
      draft.runs = changed(draft.runs, (run) => run.id === id, to)
    },
    addEvent(event) {
      changes.push({ change: 'add-event', event: { ...event, clusterId: draft.cluster.id } })
    },
    removeStepProgress(runId) {
      changes.push({ change: 'remove-step-progress', runId })
    },
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

/** The node's last run of those that count. */
export function lastRunIn({ runs }: Runs, nodeId: string, counts: (run: Run) => boolean): Run | undefined {
  return runs
    .filter((run) => run.nodeId === nodeId && counts(run))
    .reduce<Run | undefined>((last, run) => (last && last.generation > run.generation ? last : run), undefined)
}
