import type { NodeView } from '../../../protocol/api/nodes.ts'

type Known = Pick<NodeView, 'name' | 'state'>

/** Why the state of a node forbids it; undefined if it does not. */
export const whyNotApprove = ({ name, state }: Known): string | undefined =>
  state === 'DISCOVERED' ? undefined : `Node ${name} is ${state}; only a DISCOVERED node is approved.`

export function whyNotConfigure({ name, state }: Known): string | undefined {
  if (state === 'DISCOVERED') return `Approve node ${name} first.`
  if (state === 'APPROVED' || state === 'CONFIGURED' || state === 'FAILED') return undefined
  return `Node ${name} is ${state}; only an APPROVED, CONFIGURED or FAILED node is configured. To start over, reset its cluster.`
}

export const whyNotRemove = ({ name, state }: Known): string | undefined =>
  state === 'REMOVED' ? `Node ${name} was removed already.` : undefined

/** Why something cannot be done with all of these nodes; undefined if it can be done with at least one. */
export function whyNotAny(nodes: readonly Known[], whyNot: (node: Known) => string | undefined): string | undefined {
  const [first] = nodes
  if (first === undefined) return 'Select nodes in the table first.'
  const reasons = nodes.map(whyNot)
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined
}
