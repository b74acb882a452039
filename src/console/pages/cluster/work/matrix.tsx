import type { PairReport } from '../../../../protocol/api/pair-report.ts'
import { matrixOf, type Pair } from './matrix-of.ts'

const SIGNS = { fine: '✓', skipped: '?', warn: '!', fail: '✕' }
const WORDS = { fine: 'nothing found', skipped: 'could not be checked', warn: 'warning', fail: 'failure' }

/** Rows: from which node; columns: to which. */
export function Matrix({ report, names }: { report: PairReport; names: readonly string[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard.
    <section className="wide after" aria-label="Who reaches whom, scrollable" tabIndex={0}>
      <table className="matrix">
        <caption>Who reaches whom. ✓ nothing found, ! warning, ✕ failure, ? could not be checked</caption>
        <thead>
          <tr>
            <th scope="col">From \ to</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrixOf(report, names).map((row, at) => (
            <tr key={names[at]}>
              <th scope="row">{names[at]}</th>
              {row.map((pair) => (
                <Cell key={pair.to} pair={pair} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Cell({ pair: { from, to, verdict, findings } }: { pair: Pair }) {
  if (from === to) return <td>–</td>
  const details = findings.map(({ kind, port, found }) => `${port ?? kind}: ${found}`)
  return (
    <td className={verdict} title={[`${from} to ${to}: ${WORDS[verdict]}`, ...details].join('\n')}>
      <span aria-hidden="true">{SIGNS[verdict]}</span>
      <span className="pf-v6-u-screen-reader">{WORDS[verdict]}</span>
    </td>
  )
}
