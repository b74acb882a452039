import type { NodeView } from '../../../../protocol/api/nodes.ts'
import type { PairReport } from '../../../../protocol/api/pair-report.ts'
import { matrixOf, type Pair } from './matrix-of.ts'

const SIGNS = { fine: '✓', skipped: '?', unchecked: '·', warn: '!', fail: '✕' }
const WORDS = {
  fine: 'nothing found',
  skipped: 'not everything could be checked',
  unchecked: 'not checked',
  warn: 'warning',
  fail: 'failure',
}
/** Of many nodes, the report does not say which pairs were in the sample. */
const IN_SAMPLE = 'nothing found, or not in the sample'

/** Rows: from which node; columns: to which. */
export function Matrix({ report, nodes }: { report: PairReport; nodes: readonly NodeView[] }) {
  const words = report.pairs.checked < report.pairs.of ? { ...WORDS, fine: IN_SAMPLE } : WORDS
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard.
    <section className="wide after" aria-label="Who reaches whom, scrollable" tabIndex={0}>
      <table className="matrix">
        <caption>
          Who reaches whom. ✓ {words.fine}, ! warning, ✕ failure, ? {words.skipped}, · {words.unchecked}
        </caption>
        <thead>
          <tr>
            <th scope="col">From \ to</th>
            {nodes.map(({ id, name }) => (
              <th key={id} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrixOf(report, nodes).map((row, at) => (
            <tr key={nodes[at]?.id}>
              <th scope="row">{nodes[at]?.name}</th>
              {row.map((pair) => (
                <Cell key={pair.to} pair={pair} words={words[pair.verdict]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Cell({ pair: { from, to, verdict, findings }, words }: { pair: Pair; words: string }) {
  if (from === to) return <td>–</td>
  const details = findings.map(({ kind, port, found }) => `${port ?? kind}: ${found}`)
  return (
    <td className={verdict} title={[`${from} to ${to}: ${words}`, ...details].join('\n')}>
      <span aria-hidden="true">{SIGNS[verdict]}</span>
      <span className="pf-v6-u-screen-reader">{words}</span>
    </td>
  )
}
