import type { NodeView } from '../../../protocol/api/nodes.ts'

/** The state of a node, and whether it is cordoned, in one column like the one of kubectl. */
export const stateCell = ({ state, isCordoned }: Pick<NodeView, 'state' | 'isCordoned'>): string =>
  isCordoned === true ? `${state},cordoned` : state
