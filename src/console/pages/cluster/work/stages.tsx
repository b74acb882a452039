import type { Stage } from '../../../../protocol/api/clusters.ts'
import { Since } from '../../../parts/values/since.tsx'
import { StateLabel } from '../../../parts/values/state-label.tsx'
import { useNow } from '../../../parts/values/use-now.ts'
import { barsOf } from './bars.ts'

/** The stages one below the other, each with when it was and how long it took. */
export function Stages({ stages }: { stages: readonly Stage[] }) {
  const isRunning = stages.some(({ state }) => state === 'running')
  const now = useNow(isRunning)
  const bars = barsOf(stages, now)
  return (
    <ol className="stages" aria-label="Stages">
      {stages.map(({ name, state, startedAt, endedAt }, at) => (
        <li key={name}>
          <span>{name}</span>
          <StateLabel state={state} />
          <svg className="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            {bars[at] && <rect className={state} x={bars[at].start} width={bars[at].width} height={1} />}
          </svg>
          <span>
            {startedAt !== null && (endedAt !== null || state === 'running') && <Since from={startedAt} to={endedAt} />}
          </span>
        </li>
      ))}
    </ol>
  )
}
