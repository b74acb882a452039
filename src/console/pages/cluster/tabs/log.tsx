import { Label } from '@patternfly/react-core'
import { useSearchParams } from 'react-router'
import { LogView } from '../../../parts/log/log-view.tsx'
import { useLog } from '../../../parts/log/use-log.ts'
import type { ClusterTabProps } from '../cluster-tab.ts'

/** The events of the cluster, or of one run. */
export default function Log({ cluster: { name } }: ClusterTabProps) {
  const [params, setParams] = useSearchParams()
  const run = params.get('run') ?? undefined
  const log = useLog({ cluster: name, run })
  const set = (key: string, value: string) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before)
        if (value === '') after.delete(key)
        else after.set(key, value)
        return after
      },
      { replace: true },
    )
  return (
    <>
      {run !== undefined && (
        <Label className="log-run" onClose={() => set('run', '')} closeBtnAriaLabel="Show all runs">
          run {run}
        </Label>
      )}
      <LogView
        log={log}
        fileName={`${name}${run === undefined ? '' : `-${run}`}.log`}
        words={params.get('q') ?? ''}
        search={(words) => set('q', words)}
      />
    </>
  )
}
