import { shorten } from '../../../base/text/shorten.ts'
import type { LogContext } from '../../monitoring/log.ts'
import type { HasClock, HasLog } from '../../ports.ts'

const PAUSE_MS = 1_000
const MAX_URL_BYTES = 300

/** A request whose answer is an error. */
export interface Failed extends Pick<LogContext, 'route' | 'identity' | 'address'> {
  method: string
  url: string
  id?: string
}

/** Logs failed requests, at most one a second of each status: clients that retry must not fill the disk. */
export function openErrorLog({
  log,
  now,
}: HasLog & Pick<HasClock, 'now'>): (status: number, request: Failed, error: unknown) => void {
  const last = new Map<number, { atMs: number; omitted: number }>()
  return (status, { method, url, id: requestId, ...about }, error) => {
    const nowMs = now().getTime()
    const before = last.get(status)
    if (before && Math.abs(nowMs - before.atMs) < PAUSE_MS) {
      before.omitted += 1
      return
    }
    last.set(status, { atMs: nowMs, omitted: 0 })
    const omitted = before?.omitted ? ` (${before.omitted} earlier ones are not logged)` : ''
    // The message of a temporary error says what failed; a bug needs its stack.
    const why = error instanceof Error ? (status === 500 ? error.stack : error.message) : error
    const level = status === 500 ? 'error' : 'warning'
    log(`${method} ${shorten(url, MAX_URL_BYTES)}: ${why}${omitted}`, {
      level,
      ...about,
      ...(requestId && { requestId }),
    })
  }
}
