import type { NodeView } from '../../../protocol/api/nodes.ts'
import type { Outcome } from '../../data/each-of.ts'
import { ErrorAlert } from '../feedback/problem-alert.tsx'

/** Each node with which something could not be done, and why. */
export function NodeFailures({ outcome, verb }: { outcome: Outcome<NodeView> | undefined; verb: string }) {
  return outcome?.failed.map(({ item, error }) => (
    <ErrorAlert key={item.id} error={error} title={`Node ${item.name} was not ${verb}`} />
  ))
}
