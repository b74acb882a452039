import type { CheckResult } from '../engine/run-checks.ts'
import { isWorthTelling, precheckSummary } from './precheck-summary.ts'

/** For an installation, which has more to say: how many passed, and those that have something to say. */
export function precheckBrief(results: readonly CheckResult[]): string {
  const told = results
    .filter(isWorthTelling)
    .map(({ id, found, wanted, fix, ignored }) =>
      [
        `    ${id}: found ${found}${wanted ? `; wanted ${wanted}` : ''}\n`,
        ...(ignored === undefined ? [] : [`      ignored: ${ignored}\n`]),
        ...(fix === undefined ? [] : [`      fix: ${fix}\n`]),
      ].join(''),
    )
  return [`[+] Running prechecks … ${precheckSummary(results)}\n`, ...told].join('')
}
