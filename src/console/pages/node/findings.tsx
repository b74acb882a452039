import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import { ProblemAlert } from '../../parts/feedback/problem-alert.tsx'
import { Time } from '../../parts/values/time.tsx'

const VARIANTS = { fail: 'danger', error: 'danger', warn: 'warning', skipped: 'info', pass: 'info' } as const

/** What is wrong with a node, each with its fix: why it failed, its problems now, and what its prechecks found. */
export function Findings({ node }: { node: NodeDetail }) {
  const { error, problems, warnings, ruleProblem } = node
  return (
    <>
      {error && <ProblemAlert problem={error} />}
      {problems.map((problem) => (
        <ProblemAlert key={problem.code} problem={problem} variant="warning">
          <p>
            Since <Time at={problem.since} />, last seen <Time at={problem.seenAt} />
          </p>
        </ProblemAlert>
      ))}
      {ruleProblem !== null && (
        <ProblemAlert
          problem={{ code: 'declaration/rules', message: ruleProblem }}
          variant="warning"
          title="No rule decides about the node"
        />
      )}
      {warnings.map(({ id, verdict, found, wanted, fix, ignored }) => (
        <ProblemAlert
          key={id}
          variant={ignored === undefined ? VARIANTS[verdict] : 'info'}
          title={`Precheck ${id}${ignored === undefined ? '' : ', ignored'}`}
          problem={{ code: `check/${id}`, message: wanted === undefined ? found : `${found}; wanted: ${wanted}`, fix }}
        >
          {ignored !== undefined && <p>It was ignored: {ignored}</p>}
        </ProblemAlert>
      ))}
    </>
  )
}
