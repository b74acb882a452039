/**
 * What a step means to the controller, independent of its name:
 * `admits-nodes`: once it is done, the cluster has all that a joining node reads;
 * `awaits-admission`: while it runs, the node waits for its turn to join;
 * `has-vote`: once it is done, the node's member of etcd has a vote, and the next master can join;
 * `replaces-data`: once it is done, the node has other data of etcd than the other masters.
 */
export type StepMark = 'admits-nodes' | 'awaits-admission' | 'has-vote' | 'replaces-data'

/** Builds up to f2add13 send no marks: these are the names of their steps. Never extended. */
const BEFORE_MARKS: Record<string, StepMark> = {
  'cluster-config/bind-rights': 'admits-nodes',
  'join/accept-invitation': 'awaits-admission',
  'shared-keys/accept-invitation': 'awaits-admission',
}

/** Whether the step of an event has the mark. Unknown marks of a newer agent are ignored. */
export function isMarked(event: { step: string; marks?: string | undefined }, mark: StepMark): boolean {
  return (event.marks ?? BEFORE_MARKS[event.step]) === mark
}
