import type { ErrorReport } from '../../../base/agent-error.ts'
import type { Alarm, Node } from '../records.ts'

/** How long after the last observation an alarm is shown. */
const SHOWN_MS = 86_400_000
/** The same observation is recorded once in this time, and another one of its kind a minute later. */
const SAME_MS = 600_000
const OTHER_MS = 60_000

const passedMs = ({ at }: Alarm, now: Date) => now.getTime() - Date.parse(at)

/** No repair ends them. */
export const isAlarm = (code: string) =>
  ['node/retired-key', 'node/later-key', 'operator/later-key', 'node/two-machines', 'node/two-sessions'].includes(code)

export function currentAlarms({ alarms }: Pick<Node, 'alarms'>, now: Date): Alarm[] {
  return alarms.filter((alarm) => passedMs(alarm, now) < SHOWN_MS)
}

/** The alarms after another observation; undefined if it need not be recorded. */
export function withAlarm(node: Pick<Node, 'alarms'>, seen: ErrorReport, now: Date): Alarm[] | undefined {
  const current = currentAlarms(node, now)
  const known = current.find(({ code }) => code === seen.code)
  if (known && passedMs(known, now) < (known.message === seen.message ? SAME_MS : OTHER_MS)) return undefined
  const at = now.toISOString()
  return [...current.filter((alarm) => alarm !== known), { ...seen, since: known?.since ?? at, at }]
}
