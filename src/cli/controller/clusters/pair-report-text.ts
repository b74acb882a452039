import { printable } from '../../../base/text/printable.ts'
import { seconds } from '../../../base/text/seconds.ts'
import type { PairFinding, PairReport } from '../../../protocol/api/pair-report.ts'
import { type Column, table } from '../../kit/output.ts'

const LABEL = { fail: 'FAIL', warn: 'WARN', skipped: 'skip' }
const FEW = 4

const COLUMNS: Column<PairFinding>[] = [
  { title: '', of: ({ verdict }) => LABEL[verdict] },
  { title: 'WHAT', of: ({ kind, port }) => port ?? kind },
  { title: 'FROM', of: ({ from }) => names(from) },
  { title: 'TO', of: ({ to }) => to },
  { title: 'FOUND', of: ({ found }) => found },
]

/** One row for each finding with its fix below, then a summary. Lines are not wrapped. */
export function pairReportText(report: PairReport): string {
  const { findings } = report
  const [head = '', ...rows] = table(findings, COLUMNS).trimEnd().split('\n')
  const lines = rows.flatMap((row, at) => [row, ...below(findings[at])])
  return `${findings.length > 0 ? `${[head, ...lines, ''].join('\n')}\n` : ''}${summary(report)}`
}

function below(finding: PairFinding | undefined): string[] {
  if (!finding || finding.verdict === 'skipped') return []
  const { wanted, fix, on } = finding
  return [`      wanted: ${wanted}`, `      fix${on === null ? '' : ` on ${on}`}: ${fix}`].map(printable)
}

function names(all: readonly string[]): string {
  const more = all.length - FEW
  return more > 0 ? `${all.slice(0, FEW).join(', ')} and ${more} more` : all.join(', ')
}

function summary({ nodes, pairs, latency, clockSpreadMs, findings, ms }: PairReport): string {
  const count = (wanted: PairFinding['verdict'], word: string) => {
    const found = findings.filter(({ verdict }) => verdict === wanted).length
    return found === 0 ? [] : [`${found} ${found === 1 ? word : `${word}s`}`]
  }
  const sampled = pairs.checked < pairs.of ? `, a sample of ${pairs.of}` : ''
  const parts = [
    `${pairs.fine} of ${pairs.checked} pairs fine (${nodes} nodes${sampled})`,
    ...count('fail', 'failure'),
    ...count('warn', 'warning'),
    ...(latency ? [`round trips ${latency.medianMs.toFixed(2)} ms, slowest ${latency.p99Ms.toFixed(2)} ms`] : []),
    ...(clockSpreadMs === null ? [] : [`clocks within ${clockSpreadMs.toFixed(1)} ms`]),
  ]
  return `${parts.join(', ')}; took ${seconds(ms)}\n`
}
