import { AgentError } from '../../base/agent-error.ts'
import { poll, type RetryPolicy } from '../../base/retry.ts'
import type { HostView } from '../host.ts'
import { quoted } from './log-lines.ts'

/**
 * Observes something that has to run during a wait for its effect, such as a systemd unit or a pod. Create one for each
 * wait: it counts from its first look.
 */
export interface Watch {
  /** An error is a permanent failure, which ends the wait. `coming`: it does not run yet, but may start by itself. */
  look(view: HostView): Promise<'runs' | 'coming' | AgentError>
  /** The end of its log, for a wait that ends without a failure. */
  lastLines(view: HostView): Promise<string[]>
  /** Resets its counters, because something that it depends on did not run. */
  forget(): void
}

export interface Wait {
  signal: AbortSignal
  timeoutMs: number
  failure: () => Promise<AgentError>
  /** In the order of their dependencies: a watch is ignored while an earlier one does not run. */
  watches?: readonly Watch[]
}

const LOOK: RetryPolicy = { firstMs: 100 }
const WATCH_EVERY_MS = 1_000

/**
 * Polls every 100 ms, because a look costs milliseconds and provisioning waits for it. A failure of a watch ends the wait at
 * once. In a dry run it returns at once.
 */
export async function waitUntil(host: HostView, isSo: () => Promise<boolean>, wait: Wait): Promise<void> {
  if (host.isDryRun) return
  const { signal, timeoutMs, failure, watches = [] } = wait
  let watchAtMs = host.now().getTime()
  const look = async () => {
    if (await isSo()) return true
    if (host.now().getTime() < watchAtMs) return undefined
    await throwFailure(host, watches)
    watchAtMs = host.now().getTime() + WATCH_EVERY_MS
    return undefined
  }
  const isThere = await poll({ ...LOOK, withinMs: timeoutMs }, look, { clock: host, signal })
  if (!isThere) throw await withLastLines(host, await failure(), watches)
}

/** Runs a command that waits by itself, and ends it when a watch fails. */
export async function watchMeanwhile(
  host: HostView,
  { signal, watches }: Pick<Wait, 'signal'> & { watches: readonly Watch[] },
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  if (host.isDryRun) return void (await work(signal))
  const ended = new AbortController()
  const failed = new AbortController()
  const watching = async () => {
    while (!ended.signal.aborted) {
      await throwFailure(host, watches)
      await host.sleep(WATCH_EVERY_MS, ended.signal).catch(() => undefined)
    }
  }
  const watched = watching().catch((error: unknown) => failed.abort(error))
  try {
    await work(AbortSignal.any([signal, failed.signal]))
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error
  } finally {
    ended.abort()
    await watched
  }
}

export async function throwFailure(host: HostView, watches: readonly Watch[]): Promise<void> {
  for (const [index, watch] of watches.entries()) {
    // A look that throws, for example because systemctl timed out on a busy machine, is not a failure.
    const seen = await watch.look(host).catch(() => 'coming' as const)
    if (seen instanceof AgentError) throw seen
    if (seen === 'runs') continue
    for (const later of watches.slice(index + 1)) later.forget()
    return
  }
}

/** Adds the end of the logs to a timeout, which may have the reason. */
async function withLastLines(host: HostView, error: AgentError, watches: readonly Watch[]): Promise<AgentError> {
  const lines = (await Promise.all(watches.map((watch) => watch.lastLines(host)))).flatMap((some) => some.slice(-2))
  if (lines.length === 0) return error
  const { code, message, fix, kind, facts } = error
  return new AgentError(code, `${message}; last lines${quoted(lines)}`, { fix, kind, facts, cause: error })
}
