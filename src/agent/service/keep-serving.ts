import { AgentError, reportOf } from '../../base/agent-error.ts'
import { type Clock, pauseMs, type RetryPolicy, retry } from '../../base/retry.ts'
import { catchStrayErrors } from '../../engine/checks/stray-errors.ts'
import { fileError } from '../../host/linux/files/file-error.ts'
import type { Log } from '../log.ts'
import type { StatusFile } from '../status.ts'
import type { Notifier } from './sd-notify.ts'

export interface ServingOptions {
  /** Named in the error if a failed operation does not name its file. */
  stateDirectory: string
  notifier: Notifier
  status: StatusFile
  log: Log
  clock: Clock
  signal: AbortSignal
}

const POLICY: RetryPolicy = { firstMs: 5_000, factor: 2, longestMs: 300_000 }
/** After a bug the process ends, so that systemd starts a new one, but not in a tight loop. */
const BUG_MS = 60_000

/**
 * Keeps the service up until the signal. A problem that a person has to fix, such as a damaged file or a read-only disk,
 * is reported in the log and in `agent status`, and retried after 5 s, 10 s, and so on up to 5 min, so the service needs
 * no restart. A bug is logged with its stack, and rejects after a minute.
 */
export async function keepServing(
  serve: (signal: AbortSignal) => Promise<void>,
  options: ServingOptions,
): Promise<void> {
  const { notifier, log, clock, signal } = options
  let failures = 0
  const attempt = async () => {
    const over = new AbortController()
    try {
      await catchStrayErrors().within(() => serve(AbortSignal.any([signal, over.signal])))
    } finally {
      over.abort(new Error('this attempt is over'))
    }
  }
  const mayPass = async (cause: unknown) => {
    const isBug = !(report(cause, options) instanceof AgentError)
    failures += 1
    log('info', `retrying in ${(isBug ? BUG_MS : pauseMs(POLICY, failures)) / 1000} s`)
    if (isBug) await clock.sleep(BUG_MS, signal)
    return !isBug
  }
  notifier.ready()
  const watchdog = notifier.watchdogMs === undefined ? undefined : setInterval(notifier.alive, notifier.watchdogMs)
  try {
    await retry(POLICY, attempt, { clock, signal, mayPass })
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    clearInterval(watchdog)
    notifier.stopping()
    log('info', 'agent stopping')
  }
}

function report(cause: unknown, { stateDirectory, notifier, status, log }: ServingOptions): unknown {
  const error = fileError(cause, (cause as NodeJS.ErrnoException).path ?? stateDirectory)
  const problem = reportOf(error)
  status.update({ connected: false, problem })
  notifier.status(problem.message)
  const isBug = !(error instanceof AgentError) && error instanceof Error
  log('error', isBug ? `${error.stack}` : `${problem.message} (${problem.code}); fix: ${problem.fix}`)
  return error
}
