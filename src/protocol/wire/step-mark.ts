/**
 * What a step means to the controller, whatever it is called:
 * `admits-nodes`: once it is done, the cluster has what a joining node reads;
 * `awaits-admission`: while it goes on, the node waits for its turn to join.
 */
export type StepMark = 'admits-nodes' | 'awaits-admission'

/** Agents of the builds before marks (up to f2add13) send none: there the name of the step says it. Never extended. */
const BEFORE_MARKS: Record<string, StepMark> = {
  'cluster-config/bind-rights': 'admits-nodes',
  'join/accept-invitation': 'awaits-admission',
  'shared-keys/accept-invitation': 'awaits-admission',
}

/** Whether the step of an event has the mark. A mark that a newer agent sends and this build does not know is none. */
export function isMarked(event: { step: string; marks?: string | undefined }, mark: StepMark): boolean {
  return (event.marks ?? BEFORE_MARKS[event.step]) === mark
}
