import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import type { Check, CheckParams, Verdict } from './check.ts'
import { catchStrayErrors } from './stray-errors.ts'

export interface CheckResult {
  id: string
  title: string
  /** `error`: it could not look, which is not `fail`. */
  verdict: Verdict['kind'] | 'error'
  hard: boolean
  found: string
  wanted?: string
  fix?: string
  /** The controller was reached, and said no. */
  isRefusal?: true
  /** Why a person had it ignored; the verdict is `warn` then. */
  ignored?: string
  ms: number
}

export interface RunChecksOptions {
  /** Ids to demote to a warning, with the reason given; strict checks are not demoted. */
  ignore?: ReadonlyMap<string, string>
  signal?: AbortSignal
  /** A monotonic clock in milliseconds. */
  now?: () => number
}

/** All at once, a deadline each; results in the order of the checks. However one fails to look, that is its result alone. */
export async function runChecks(
  checks: readonly Check[],
  view: HostView,
  params: CheckParams,
  { ignore = new Map(), signal, now = () => performance.now() }: RunChecksOptions = {},
): Promise<CheckResult[]> {
  const strayErrors = catchStrayErrors()
  return Promise.all(
    checks.map(async (check) => {
      const startedAt = now()
      const seen = await look(check, () => strayErrors.within(() => check.look(view, params)), signal)
      signal?.throwIfAborted()
      const { id, title, hard } = check
      const result: CheckResult = { id, title, hard, ...seen, ms: Math.round(now() - startedAt) }
      const reason = ignore.get(id)
      const bad = result.verdict === 'fail' || result.verdict === 'error'
      return bad && reason !== undefined && !check.strict ? { ...result, verdict: 'warn', ignored: reason } : result
    }),
  )
}

/** What stops a run: a hard check that failed, or that could not look. */
export function hardFailures(results: readonly CheckResult[]): CheckResult[] {
  return results.filter(({ hard, verdict }) => hard && (verdict === 'fail' || verdict === 'error'))
}

type Seen = Pick<CheckResult, 'verdict' | 'found' | 'wanted' | 'fix' | 'isRefusal'>

async function look(check: Check, work: () => Promise<Verdict>, signal?: AbortSignal): Promise<Seen> {
  const { promise: late, resolve } = Promise.withResolvers<Seen>()
  const giveUp = () => resolve(noAnswer(check))
  const timer = setTimeout(giveUp, check.timeoutMs)
  signal?.addEventListener('abort', giveUp)
  try {
    return await Promise.race([work().then(seenOf), late])
  } catch (error) {
    return couldNotLook(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

function seenOf({ kind, ...rest }: Verdict): Seen {
  return { verdict: kind, ...rest }
}

function noAnswer({ timeoutMs, id }: Check): Seen {
  return {
    verdict: 'error',
    found: `no answer within ${timeoutMs / 1000} s`,
    wanted: 'to be able to look',
    fix: `run it again when the machine is less busy; what it looks at: agent precheck --explain ${id}`,
  }
}

function couldNotLook(error: unknown): Seen {
  const found = error instanceof Error ? error.message : String(error)
  const fix = error instanceof AgentError ? error.fix : 'please report it, with the output of: agent precheck -o json'
  return { verdict: 'error', found, wanted: 'to be able to look', fix }
}
