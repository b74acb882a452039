import { type CheckResult, hardFailures } from '../../engine/checks/run-checks.ts'

/**
 * For programs. Every key is always there, null where there is nothing to say; `ignored` only where it was, and what is
 * in `more`. `ms` is how long all of them took together.
 */
export function precheckJson(results: readonly CheckResult[], ms: number, more: object = {}): string {
  const checks = results.map(({ id, title, verdict, hard, found, wanted, fix, ignored, ms }) => ({
    ...{ id, title, verdict, hard, found, wanted: wanted ?? null, fix: fix ?? null, ms },
    ...(ignored === undefined ? {} : { ignored }),
  }))
  return `${JSON.stringify({ checks, hardFailures: hardFailures(results).length, ms, ...more })}\n`
}
