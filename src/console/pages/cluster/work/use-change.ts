import { useMutation, useQueryClient } from '@tanstack/react-query'

/** Changes something of a cluster, and asks again for what is shown of it. */
export function useChange<Answer>(work: () => Promise<Answer>, onDone?: (answer: Answer) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: work,
    onSuccess: async (answer) => {
      await queries.invalidateQueries({ refetchType: 'active' }, { cancelRefetch: false })
      onDone?.(answer)
    },
  })
}
