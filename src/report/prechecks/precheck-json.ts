import { type CheckResult, hardFailures } from '../../engine/checks/run-checks.ts'

/**
 * JSON for programs. All keys are always present, with null for no value, except `ignored` and the keys of `more`. `ms` is the
 * duration of all checks together.
 */
export function precheckJson(results: readonly CheckResult[], ms: number, more: object = {}): string {
  const checks = results.map(({ id, title, verdict, hard, found, wanted, fix, ignored, ms }) => ({
    ...{ id, title, verdict, hard, found, wanted: wanted ?? null, fix: fix ?? null, ms },
    ...(ignored === undefined ? {} : { ignored }),
  }))
  return `${JSON.stringify({ checks, hardFailures: hardFailures(results).length, ms, ...more })}\n`
}
