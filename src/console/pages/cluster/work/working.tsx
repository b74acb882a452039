import { Progress, ProgressMeasureLocation } from '@patternfly/react-core'
import { Link } from 'react-router'
import type { NodeView } from '../../../../protocol/api/nodes.ts'
import { counted } from '../../../parts/values/formats.ts'
import { Since } from '../../../parts/values/since.tsx'

const FEW = 20

/** Nodes that are doing something: how far they are, and for what they wait. */
export function Working({ nodes }: { nodes: readonly NodeView[] }) {
  const working = nodes.filter(({ run }) => run?.state === 'open')
  const left = working.length - FEW
  return (
    <>
      {working.slice(0, FEW).map(({ id, name, run, step }) =>
        run === null ? null : (
          <div key={id} className="after">
            <Link to={`/nodes/${id}`}>{name}</Link>: {run.role}, <Since from={run.createdAt} to={null} />
            <Progress
              aria-label={`Steps of ${name}`}
              size="sm"
              value={run.done}
              max={Math.max(1, run.of)}
              label={`${run.done} of ${counted(run.of, 'step')}`}
              measureLocation={ProgressMeasureLocation.outside}
              helperText={step ?? undefined}
            />
          </div>
        ),
      )}
      {left > 0 && <p className="after">and {counted(left, 'more node')}</p>}
    </>
  )
}
