import { AgentError, type ErrorKind } from '../../../base/agent-error.ts'
import type { CheckParams } from '../../../engine/checks/check.ts'
import type { CheckResult } from '../../../engine/checks/run-checks.ts'
import type { HostView } from '../../../host/host.ts'
import type { CheckSummary } from '../../../protocol/wire/check-summary.ts'
import { isReportable } from '../../../report/prechecks/precheck-summary.ts'
import { type Prechecked, parseIgnored, runPrechecks } from './run-prechecks.ts'

export interface CheckInput {
  view: HostView
  params: CheckParams
  ignoreCheck: readonly string[]
  timeoutFactor?: number | undefined
  /** Called with the results, also if a hard check failed. */
  onResult(prechecked: Prechecked): void
  signal: AbortSignal
}

/** Runs the prechecks before an installation. Throws AgentError `precheck/failed` if a hard check failed. */
export async function checkFirst({ ignoreCheck, onResult, ...rest }: CheckInput): Promise<CheckResult[]> {
  const prechecked = await runPrechecks({ ...rest, ignore: parseIgnored(ignoreCheck) })
  onResult(prechecked)
  if (prechecked.hardFailures > 0) throw checksFailed(prechecked.results)
  return prechecked.results
}

function checksFailed(results: readonly CheckResult[]): AgentError {
  const failed = results.filter(({ hard, verdict }) => hard && (verdict === 'fail' || verdict === 'error'))
  const ids = failed.map(({ id }) => id).join(', ')
  return new AgentError('precheck/failed', `hard prechecks failed: ${ids}; no changes were made`, {
    fix: 'fix what the checks report, then run the same command again; for details: agent precheck --explain ID',
    kind: kindOf(failed),
  })
}

/** Checks that fail if the controller is unreachable, whatever the state of this machine. */
const NEED_CONTROLLER = ['controller', 'time-skew']

function kindOf(failed: readonly CheckResult[]): ErrorKind {
  const controller = failed.find(({ id }) => id === 'controller')
  const isOfMachine = failed.some(({ id }) => !NEED_CONTROLLER.includes(id))
  if (controller === undefined || isOfMachine) return 'unfit'
  return controller.isRefusal ? 'refused' : 'unreachable'
}

/** Limits of the texts that are sent to the controller. A longer fix is replaced, because a truncated command is unsafe. */
const LONGEST_TEXT = 1_000
const LONGEST_FIX = 4_000

/** Findings that an administrator should see before the node is approved. */
export function warningsOf(results: readonly CheckResult[]): CheckSummary[] {
  const cut = (text: string) => text.slice(0, LONGEST_TEXT)
  return results.filter(isReportable).map(({ id, verdict, found, wanted, fix, ignored }) => ({
    id,
    verdict,
    found: cut(found),
    ...(wanted === undefined ? {} : { wanted: cut(wanted) }),
    ...(fix === undefined
      ? {}
      : { fix: fix.length > LONGEST_FIX ? 'too long to show here; run on the node: agent precheck' : fix }),
    ...(ignored === undefined ? {} : { ignored: cut(ignored) }),
  }))
}
