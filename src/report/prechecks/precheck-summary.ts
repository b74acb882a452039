import type { CheckResult } from '../../engine/checks/run-checks.ts'

/** A verdict as shown to users: a failed check that is not hard is a warning. */
export type Rating = 'pass' | 'warn' | 'fail' | 'skipped'

export function ratingOf({ verdict, hard }: Pick<CheckResult, 'verdict' | 'hard'>): Rating {
  if (verdict === 'fail' || verdict === 'error') return hard ? 'fail' : 'warn'
  return verdict
}

/** Whether users should see the details: not for checks that passed or were skipped. */
export function isReportable({ verdict }: Pick<CheckResult, 'verdict'>): boolean {
  return verdict === 'fail' || verdict === 'error' || verdict === 'warn'
}

/** `13 passed, 1 warning, 2 failed, 2 skipped`: counts of 0 are omitted, except `passed`. */
export function precheckSummary(results: readonly CheckResult[]): string {
  const count = (rating: Rating) => results.filter((result) => ratingOf(result) === rating).length
  const warnings = count('warn')
  const parts = [
    `${count('pass')} passed`,
    ...(warnings > 0 ? [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`] : []),
    ...(count('fail') > 0 ? [`${count('fail')} failed`] : []),
    ...(count('skipped') > 0 ? [`${count('skipped')} skipped`] : []),
  ]
  return parts.join(', ')
}
