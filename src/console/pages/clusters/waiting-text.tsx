import { Link } from 'react-router'
import { capital } from '../../parts/values/formats.ts'
import { Since } from '../../parts/values/since.tsx'
import type { Waiting } from './waiting.ts'

/** What is waited for, on which node, and since when. */
export function WaitingText({ waiting }: { waiting: Waiting | undefined }) {
  if (waiting === undefined) return null
  const { text, node, since, isProblem } = waiting
  return (
    <span className="activity">
      {isProblem ? '' : 'waits for '}
      {isProblem ? capital(text) : text.replace(/^waits? for /, '')}
      {node && (
        <>
          {', on node '}
          <Link to={`/nodes/${node.id}`}>{node.name}</Link>
        </>
      )}
      {since !== undefined && (
        <>
          {', for '}
          <Since from={since} to={null} />
        </>
      )}
    </span>
  )
}
