import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Loading } from './loading.tsx'
import { ErrorAlert } from './problem-alert.tsx'
import { ProblemPage } from './problem-page.tsx'

/** What is shown of an answer: while it is awaited, when it is there, and when there is none. An older answer stays, with the error. */
export function Loaded<T>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T>
  /** As in "Loading the nodes". */
  what: string
  children: (data: T) => ReactNode
}) {
  if (query.isPending) return <Loading what={what} />
  if (query.data === undefined) return <ProblemPage error={query.error} retry={query.refetch} />
  return (
    <>
      {query.isError && <ErrorAlert error={query.error} title={`What you see of ${what} may be out of date`} />}
      {children(query.data)}
    </>
  )
}
