import { printable, printableLines } from '../base/text/printable.ts'

interface Change {
  what: string
  before: string
  after: string
}

interface Outcome {
  restored: boolean
  differences: readonly (Change & { fix: string })[]
  leftovers: readonly { what: string; error: { message: string; fix: string } }[]
  unrelated: readonly (Change & { kind: string; why: string })[]
  notCompared: readonly string[]
}

/**
 * The last lines of `uninstall` and `reset`: changes that Cantrip did not make, then `host restored: 0 differences` or the
 * differences that remain.
 */
export function restoreText(outcome: Outcome, verbose: boolean): string {
  const { restored, differences, leftovers, notCompared } = outcome
  const before = [
    ...notCompared.map((why) => `not compared: ${printable(why)}\n`),
    ...unrelatedText(outcome, verbose),
  ].join('')
  if (restored) return `${before}host restored: 0 differences\n`
  const left = leftovers.map(
    ({ what, error }) =>
      `  ${printable(what)}: ${printableLines(error.message)}\n    fix: ${printableLines(error.fix)}\n`,
  )
  const differing = differences.map((one) => `  ${changeText(one)}\n    fix: ${printable(one.fix)}\n`)
  const count = leftovers.length + differences.length
  const summary = `host not restored: ${count} ${count === 1 ? 'difference' : 'differences'}\n`
  return [before, summary, ...left, ...differing].join('')
}

/** With -v all changes, grouped by reason; otherwise the number of each kind. */
function unrelatedText({ unrelated }: Outcome, verbose: boolean): string[] {
  if (unrelated.length === 0) return []
  if (verbose) {
    const reasons = Map.groupBy(unrelated, ({ why }) => why)
    return [...reasons].map(
      ([why, list]) => `not changed by Cantrip: ${why}\n${list.map((one) => `    ${changeText(one)}\n`).join('')}`,
    )
  }
  const kinds = Map.groupBy(unrelated, ({ kind }) => kind)
  const counts = [...kinds].map(([kind, list]) => `${list.length} ${kind}${list.length === 1 ? '' : 's'}`)
  return [`changed in the meantime, but not by Cantrip: ${counts.join(', ')} (listed by -v and -o json)\n`]
}

function changeText({ what, before, after }: Change): string {
  return printable(`${what}: was ${before}, is ${after}`)
}
