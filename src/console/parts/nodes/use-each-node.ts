import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { eachOf } from '../../data/each-of.ts'

/** Does something with each node, closes the dialog if all went well, and asks again for what changed. */
export function useEachNode(work: (node: NodeView) => Promise<unknown>, onClose: () => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (nodes: readonly NodeView[]) => eachOf(nodes, work),
    onSuccess: ({ failed }) => {
      if (failed.length === 0) onClose()
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['nodes'] }),
  })
}
