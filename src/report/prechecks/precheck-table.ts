import { printable } from '../../base/text/printable.ts'
import type { CheckResult } from '../../engine/checks/run-checks.ts'
import { precheckSummary, type Rating, ratingOf } from './precheck-summary.ts'

const LABELS: Record<Rating, { text: string; colour: number }> = {
  pass: { text: 'pass', colour: 32 },
  warn: { text: 'WARN', colour: 33 },
  fail: { text: 'FAIL', colour: 31 },
  skipped: { text: 'skip', colour: 2 },
}

/** The table for users. Lines are not wrapped, so that a fix can be pasted. */
export function precheckTable(results: readonly CheckResult[], { colour }: { colour: boolean }): string {
  const width = Math.max(0, ...results.map(({ id }) => id.length))
  const paint = (rating: Rating, text: string) => (colour ? `\x1b[${LABELS[rating].colour}m${text}\x1b[0m` : text)
  const lines = results.flatMap((result) => {
    const rating = ratingOf(result)
    const { id, verdict, found, wanted, fix, ignored } = result
    const text = verdict === 'error' ? `could not check: ${found}` : found
    const more = [
      ...(wanted === undefined ? [] : [`wanted: ${wanted}`]),
      ...(fix === undefined ? [] : [`fix:    ${fix}`]),
      ...(ignored === undefined ? [] : [`ignored: ${ignored}`]),
    ]
    const head = `${paint(rating, LABELS[rating].text)}  ${id.padEnd(width)}  ${printable(text)}`
    return [head, ...more.map((line) => `${' '.repeat(width + 8)}${printable(line)}`)]
  })
  return `${[...lines, '', precheckSummary(results)].join('\n')}\n`
}
