import type { Later } from '../base/timers.ts'
import type { Log } from './monitoring/log.ts'

/** Logs the first line of a reason at once, and further ones of the same minute as a number. */
export type CountedLog = (reason: string, line: string) => void

const PERIOD_MS = 60_000
/** Reasons name nodes: further ones share a number. */
const MOST_REASONS = 1_000

/** For what a client can cause as often as it likes: it must not fill the disk, and must not go unseen. */
export function countedLog(log: Log, later: Later): CountedLog {
  const repeated = new Map<string, number>()
  return (wanted, line) => {
    const reason = repeated.has(wanted) || repeated.size < MOST_REASONS ? wanted : 'refused for other reasons'
    const before = repeated.get(reason)
    repeated.set(reason, before === undefined ? 0 : before + 1)
    if (before !== undefined) return
    log(line, { level: 'warning' })
    later(PERIOD_MS, () => {
      const more = repeated.get(reason) ?? 0
      repeated.delete(reason)
      if (more > 0) log(`${reason}: ${more} more within ${PERIOD_MS / 1_000} s`, { level: 'warning' })
    })
  }
}
