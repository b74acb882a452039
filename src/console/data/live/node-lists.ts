import type { NodeView } from '../../../protocol/api/nodes.ts'

export type NodeList = NodeView[]

interface Changed {
  id: string
  /** As it is now; undefined if it is gone. */
  node: NodeView | undefined
  /** The cluster of the list; null: of all. */
  of: string | null
}

/** The list with one node as it is now. */
export function listWith(list: NodeList, { id, node, of }: Changed): NodeList {
  if (node === undefined || node.state === 'REMOVED') return list.filter((each) => each.id !== id)
  if (of !== null && node.cluster !== of) return list
  return list.some((each) => each.id === id) ? list.map((each) => (each.id === id ? node : each)) : [...list, node]
}
