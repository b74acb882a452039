import { Label } from '@patternfly/react-core'
import { Link } from 'react-router'
import { Since } from '../../parts/values/since.tsx'
import type { Attention } from './attention.ts'

const TITLES = { danger: 'Failure', warning: 'Warning', info: 'To do' } as const

/** Who has more begins with these. */
const MOST_SHOWN = 50

export function AttentionList({ found }: { found: readonly Attention[] }) {
  if (found.length === 0) return <p>Nothing: all clusters and nodes are as they should be.</p>
  return (
    <>
      <ul className="attention">
        {found.slice(0, MOST_SHOWN).map(({ key, severity, text, to, since }) => (
          <li key={key}>
            <Label isCompact status={severity}>
              {TITLES[severity]}
            </Label>
            <span>
              <Link to={to}>{text}</Link>
              {since !== undefined && (
                <>
                  {', for '}
                  <Since from={since} to={null} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {found.length > MOST_SHOWN && <p>And {found.length - MOST_SHOWN} more.</p>}
    </>
  )
}
