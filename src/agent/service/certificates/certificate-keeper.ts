import { pauseMs, type RetryPolicy } from '../../../base/retry.ts'
import type { LinkStore } from '../../link/link-state.ts'
import type { Log } from '../../log.ts'
import type { Renewal, When } from './when.ts'

export interface CertificateKeeperOptions {
  link: Pick<LinkStore, 'open'>
  /** Whether a run has made this machine a node: otherwise there is nothing to renew, and no process is started to find out. */
  isProvisioned(): boolean
  /** Starts the process that renews what is due, and waits for its end. Never rejects. */
  renew(when: When, signal: AbortSignal): Promise<Renewal>
  now(): Date
  log: Log
  /** At least 0, below 1. */
  random(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
}

export interface CertificateKeeper {
  /** Ends the process that renews certificates: a run, which needs the ledger, begins. */
  pause(): Promise<void>
}

const FIRST_MS = 2_000
/** The clock can be set long after the boot. */
const LOOK_MS = 300_000
const DAY_MS = 86_400_000
const AFTER_FAILURE: RetryPolicy = { firstMs: 30_000, factor: 2, longestMs: 3_600_000 }

/**
 * Renews certificates that the controller does not: at once, and again every few minutes, what has expired; once a day what soon
 * expires. If a process has found nothing to renew, the next one starts when the first certificate expires, but after a run, or when the clock is
 * set back, at the next look. The time of day is random, so that the masters of a cluster do not restart their API servers together.
 */
export function certificateKeeper(options: CertificateKeeperOptions): CertificateKeeper {
  const { link, log, random, sleep, signal } = options
  let underWay: { stop: AbortController; ended: Promise<Renewal> } | undefined
  /** While the clock shows this time, no certificate has expired. */
  let nothingDue: { fromMs: number; untilMs: number } | undefined

  async function renew(when: When): Promise<boolean> {
    if (link.open() || !options.isProvisioned()) return true
    const nowMs = options.now().getTime()
    if (when === 'expired' && nothingDue && nowMs >= nothingDue.fromMs && nowMs < nothingDue.untilMs) return true
    nothingDue = undefined
    const stop = new AbortController()
    const ended = options.renew(when, AbortSignal.any([stop.signal, signal]))
    underWay = { stop, ended }
    const { isDone, firstEnd } = await ended
    underWay = undefined
    if (isDone && firstEnd !== undefined && !stop.signal.aborted)
      nothingDue = { fromMs: nowMs, untilMs: firstEnd === null ? Number.POSITIVE_INFINITY : Date.parse(firstEnd) }
    return isDone || stop.signal.aborted
  }

  async function renewUntilDone(when: When): Promise<void> {
    for (let failures = 1; !(await renew(when)); failures++) await sleep(pauseMs(AFTER_FAILURE, failures), signal)
  }

  async function keepRenewing(): Promise<void> {
    await sleep(FIRST_MS, signal)
    for (let untilSoonMs = random() * DAY_MS; ; untilSoonMs -= LOOK_MS) {
      const isTime = untilSoonMs <= 0
      await renewUntilDone(isTime ? 'soon' : 'expired')
      if (isTime) untilSoonMs += DAY_MS
      await sleep(LOOK_MS, signal)
    }
  }
  void keepRenewing().catch((error: unknown) => {
    if (!signal.aborted) log('error', `certificates of this node are no longer watched: ${error}`)
  })
  return {
    async pause() {
      nothingDue = undefined
      underWay?.stop.abort()
      await underWay?.ended
    },
  }
}
