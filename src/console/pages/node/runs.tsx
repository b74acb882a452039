import { Button } from '@patternfly/react-core'
import { useMemo } from 'react'
import { Loading } from '../../parts/feedback/loading.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { ErrorAlert } from '../../parts/feedback/problem-alert.tsx'
import { useLog } from '../../parts/log/use-log.ts'
import { RunList } from '../../parts/runs/run-list.tsx'
import { runsOf } from '../../parts/runs/runs.ts'
import type { NodeTabProps } from './node-tab.ts'

/** What was done on the node: every attempt, with its steps, its error and its log. */
export default function Runs({ node: { id } }: NodeTabProps) {
  const { entries, isLoading, error, loadEarlier } = useLog({ node: id })
  const runs = useMemo(() => runsOf(entries), [entries])
  return (
    <>
      {error !== undefined && <ErrorAlert error={error} title="The runs are not complete" />}
      {runs.length > 0 ? (
        <RunList runs={runs} logOf={(run) => `/nodes/${id}/log?run=${run.id}`} />
      ) : isLoading ? (
        <Loading what="the runs" />
      ) : (
        <Nothing title="Nothing was done on this node yet">
          When its cluster is provisioned, each run is listed here with its steps.
        </Nothing>
      )}
      {loadEarlier && (
        <Button variant="link" onClick={loadEarlier}>
          Load earlier runs
        </Button>
      )}
    </>
  )
}
