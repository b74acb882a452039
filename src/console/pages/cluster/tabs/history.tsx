import { useMemo } from 'react'
import { Loading } from '../../../parts/feedback/loading.tsx'
import { Nothing } from '../../../parts/feedback/nothing.tsx'
import { ErrorAlert } from '../../../parts/feedback/problem-alert.tsx'
import { useLog } from '../../../parts/log/use-log.ts'
import { RunList } from '../../../parts/runs/run-list.tsx'
import { runsOf } from '../../../parts/runs/runs.ts'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'

/** What was done on the nodes: every attempt, with its steps, its error and its log. */
export default function History({ cluster: { name } }: ClusterTabProps) {
  const { entries, isLoading, error, loadEarlier } = useLog({ cluster: name })
  const runs = useMemo(() => runsOf(entries), [entries])
  const logOf = ({ id }: { id: string }) => `/clusters/${encodeURIComponent(name)}/log?run=${id}`
  return (
    <>
      {error !== undefined && <ErrorAlert error={error} title="The history is not complete" />}
      {runs.length > 0 ? (
        <RunList runs={runs} logOf={logOf} />
      ) : isLoading ? (
        <Loading what="the history" />
      ) : (
        <Nothing title="Nothing was done yet">
          When the cluster is provisioned, what is done on each node is listed here.
        </Nothing>
      )}
      {loadEarlier && (
        <ActionButton variant="link" onClick={loadEarlier}>
          Load earlier runs
        </ActionButton>
      )}
    </>
  )
}
