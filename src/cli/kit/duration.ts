import { InvalidArgumentError } from 'commander'

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** Parses `90`, `90s`, `30m`, `8h` or `7d`; the result is in seconds. */
export function durationOf(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)([smhd])?$/.exec(text) ?? []
  const seconds = Number(digits) * SECONDS[unit as keyof typeof SECONDS]
  if (seconds > 0) return seconds
  throw new InvalidArgumentError('It must be a duration: seconds, or a number with a unit, such as 90s, 30m, 8h or 7d.')
}

/** Parses a duration within limits, which are in seconds. */
export const durationWithin =
  (least: number, most: number, limits: string) =>
  (text: string): number => {
    const seconds = durationOf(text)
    if (seconds >= least && seconds <= most) return Math.round(seconds)
    throw new InvalidArgumentError(`It must be from ${limits}.`)
  }
