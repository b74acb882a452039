import type { LogEntry } from '../../../protocol/api/events.ts'

/** What an event changes in the views of the controller. */
export interface Touched {
  /** Id of the node. */
  node?: string
  /** Whether the view of its cluster can be another one now. */
  cluster: boolean
}

/** Undefined: nothing that a page shows outside its list of events. */
export function touchedBy({ node, event }: LogEntry): Touched | undefined {
  const id = node === null ? {} : { node: node.id }
  switch (event.kind) {
    case 'log':
      return undefined
    case 'step-progress':
      return { ...id, cluster: false }
    default:
      return { ...id, cluster: true }
  }
}
