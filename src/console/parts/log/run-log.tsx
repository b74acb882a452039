import { Label } from '@patternfly/react-core'
import { useParameters } from '../layout/use-parameters.ts'
import { LogView } from './log-view.tsx'
import { type LogFilter, useLog } from './use-log.ts'

/** The events of a cluster or a node, or of one of its runs, which the address names. `name`: of the file to download. */
export function RunLog({ of, name }: { of: Pick<LogFilter, 'cluster' | 'node'>; name: string }) {
  const [params, set] = useParameters()
  const run = params.get('run') ?? undefined
  const log = useLog({ ...of, run })
  return (
    <>
      {run !== undefined && (
        <Label className="log-run" onClose={() => set('run', undefined)} closeBtnAriaLabel="Show all runs">
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
