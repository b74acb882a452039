const MIB = 2 ** 20
const GIB = 2 ** 30
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** In MiB or GiB. */
export function bytes(count: number): string {
  return count < GIB ? `${Math.round(count / MIB)} MiB` : `${(count / GIB).toFixed(1)} GiB`
}

/** `0.4 s`, `12.0 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < HOUR) return parts(ms, MINUTE, 'min', SECOND, 's')
  if (ms < DAY) return parts(ms, HOUR, 'h', MINUTE, 'min')
  return parts(ms, DAY, 'd', HOUR, 'h')
}

function parts(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % large) / small)
  const whole = `${Math.floor(ms / large)} ${largeUnit}`
  return rest === 0 ? whole : `${whole} ${rest} ${smallUnit}`
}

/** `1 node`, `2 nodes`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** `2026-01-31 17:05:09 UTC`. */
export const utc = (at: string): string => `${at.slice(0, 19).replace('T', ' ')} UTC`

/** A text of several lines, such as the output of a command, as one for a row. */
export const oneLine = (text: string): string => text.trimEnd().replace(/\s*\n\s*/g, ' ')

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
