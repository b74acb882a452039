import { printable } from '../../base/text/printable.ts'
import type { CheckResult } from '../../engine/checks/run-checks.ts'
import { isReportable, precheckSummary } from './precheck-summary.ts'

/** The short form for an installation: a summary, and the checks that did not pass. */
export function precheckBrief(results: readonly CheckResult[]): string {
  const details = results
    .filter(isReportable)
    .flatMap(({ id, found, wanted, fix, ignored }) => [
      `    ${id}: found ${found}${wanted ? `; wanted ${wanted}` : ''}`,
      ...(ignored === undefined ? [] : [`      ignored: ${ignored}`]),
      ...(fix === undefined ? [] : [`      fix: ${fix}`]),
    ])
    .map(printable)
  return [`[+] Running prechecks … ${precheckSummary(results)}`, ...details, ''].join('\n')
}
