import { Label } from '@patternfly/react-core'
import { useSearchParams } from 'react-router'
import { LogView } from '../../parts/log/log-view.tsx'
import { useLog } from '../../parts/log/use-log.ts'
import type { NodeTabProps } from './node-tab.ts'

/** The events of the node, or of one of its runs. */
export default function Log({ node: { id, name } }: NodeTabProps) {
  const [params, setParams] = useSearchParams()
  const run = params.get('run') ?? undefined
  const log = useLog({ node: id, run })
  const set = (key: string, value: string) => {
    const after = new URLSearchParams(params)
    if (value === '') after.delete(key)
    else after.set(key, value)
    setParams(after, { replace: true })
  }
  return (
    <>
      {run !== undefined && (
        <Label onClose={() => set('run', '')} closeBtnAriaLabel="Show all runs">
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
