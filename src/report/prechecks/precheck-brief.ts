import { printable } from '../../base/text/printable.ts'
import type { CheckResult } from '../../engine/checks/run-checks.ts'
import { isWorthTelling, precheckSummary } from './precheck-summary.ts'

/** For an installation, which has more to say: how many passed, and those that have something to say. */
export function precheckBrief(results: readonly CheckResult[]): string {
  const told = results
    .filter(isWorthTelling)
    .flatMap(({ id, found, wanted, fix, ignored }) => [
      `    ${id}: found ${found}${wanted ? `; wanted ${wanted}` : ''}`,
      ...(ignored === undefined ? [] : [`      ignored: ${ignored}`]),
      ...(fix === undefined ? [] : [`      fix: ${fix}`]),
    ])
    .map(printable)
  return [`[+] Running prechecks … ${precheckSummary(results)}`, ...told, ''].join('\n')
}
