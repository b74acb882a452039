import { AgentError } from '../../base/agent-error.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import type { HostView } from '../../host/host.ts'
import type { Check, CheckParams, Verdict } from './check.ts'
import { catchStrayErrors } from './stray-errors.ts'

export interface CheckResult {
  id: string
  title: string
  /** `error`: the check could not look, which is different from `fail`. */
  verdict: Verdict['kind'] | 'error'
  hard: boolean
  found: string
  wanted?: string
  fix?: string
  /** The controller answered, and refused. */
  isRefusal?: true
  /** The reason given with --ignore-check; the verdict is `warn` then. */
  ignored?: string
  ms: number
}

export interface RunChecksOptions {
  /** Ids of checks whose failure counts as a warning, with the reason. No effect on strict checks. */
  ignore?: ReadonlyMap<string, string>
  /** How many times as long as its timeout says a check may take, where the machine is busy and nobody waits. */
  timeoutFactor?: number | undefined
  signal?: AbortSignal
  /** A monotonic clock in milliseconds. */
  now?: () => number
}

/** Runs all checks at once, each with a timeout. Results have the order of the checks. A check that throws has the result `error`. */
export async function runChecks(
  checks: readonly Check[],
  view: HostView,
  params: CheckParams,
  { ignore = new Map(), timeoutFactor = 1, signal, now = () => performance.now() }: RunChecksOptions = {},
): Promise<CheckResult[]> {
  const strayErrors = catchStrayErrors()
  return Promise.all(
    checks.map(async (check) => {
      const startedAt = now()
      const seen = await look(
        check.id,
        check.timeoutMs * timeoutFactor,
        () => strayErrors.within(() => check.look(view, params)),
        signal,
      )
      signal?.throwIfAborted()
      const { id, title, hard } = check
      const result: CheckResult = { id, title, hard, ...seen, ms: Math.round(now() - startedAt) }
      const reason = ignore.get(id)
      const bad = result.verdict === 'fail' || result.verdict === 'error'
      return bad && reason !== undefined && !check.strict ? { ...result, verdict: 'warn', ignored: reason } : result
    }),
  )
}

/** The results that stop a run: hard checks that failed or could not look. */
export function hardFailures(results: readonly CheckResult[]): CheckResult[] {
  return results.filter(({ hard, verdict }) => hard && (verdict === 'fail' || verdict === 'error'))
}

type Seen = Pick<CheckResult, 'verdict' | 'found' | 'wanted' | 'fix' | 'isRefusal'>

async function look(id: string, timeoutMs: number, work: () => Promise<Verdict>, signal?: AbortSignal): Promise<Seen> {
  const { promise: late, resolve } = Promise.withResolvers<Seen>()
  const onTimeout = () => resolve(timedOut(id, timeoutMs))
  const timer = setTimeout(onTimeout, timeoutMs)
  signal?.addEventListener('abort', onTimeout)
  try {
    return await Promise.race([work().then(seenOf), late])
  } catch (error) {
    return couldNotLook(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onTimeout)
  }
}

function seenOf({ kind, ...rest }: Verdict): Seen {
  return { verdict: kind, ...rest }
}

function timedOut(id: string, timeoutMs: number): Seen {
  return {
    verdict: 'error',
    found: `no answer within ${timeoutMs / 1000} s`,
    wanted: 'a result',
    fix: `run it again when the machine is less busy; for details: agent precheck --explain ${id}`,
  }
}

function couldNotLook(error: unknown): Seen {
  const found = errorMessage(error)
  const fix = error instanceof AgentError ? error.fix : 'report it with the output of: agent precheck -o json'
  return { verdict: 'error', found, wanted: 'a result', fix }
}
