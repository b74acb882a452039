import { useCallback } from 'react'
import { useSearchParams } from 'react-router'

/**
 * The parameters of the address of the page, which can be shared, and what sets one of them: undefined or an empty text removes it. The
 * others stay, and the way back does not lead through each change.
 */
export function useParameters(): [URLSearchParams, (name: string, value: string | undefined) => void] {
  const [params, setParams] = useSearchParams()
  const set = useCallback(
    (name: string, value: string | undefined) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before)
          if (value === undefined || value === '') after.delete(name)
          else after.set(name, value)
          return after
        },
        { replace: true },
      ),
    [setParams],
  )
  return [params, set]
}
