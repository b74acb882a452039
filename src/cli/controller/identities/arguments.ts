import { InvalidArgumentError, Option } from 'commander'
import { Label } from '../../../protocol/names.ts'
import { durationOf } from '../../kit/duration.ts'

/** Seconds. */
const DAY = 86_400

/** Of `--lines`. */
export const MAX_LINES = 1_000_000

/** Parses an integer from 1 to `most`. */
export const countUpTo =
  (most: number) =>
  (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a number from 1 to ${most}.`)
  }

/** Parses a number of days from 1 to `most`: `30` or `30d`. */
const daysUpTo =
  (most: number) =>
  (text: string): number => {
    const days = Number(/^([1-9]\d{0,8})d?$/.exec(text)?.[1])
    if (days <= most) return days
    throw new InvalidArgumentError(`It must be a number of days from 1 to ${most}, such as 30 or 30d.`)
  }

/** `--ttl`: a duration of 1 to `most` whole days. */
export const ttlUpTo =
  (most: number) =>
  (text: string): number => {
    const days = durationOf(text) / DAY
    if (Number.isInteger(days) && days <= most) return days
    throw new InvalidArgumentError(`It must be whole days, from 1d to ${most}d.`)
  }

/** The option that `--ttl` has replaced: a number of days. */
export const validOption = (most: number) =>
  new Option('--valid <days>', 'earlier name of --ttl').argParser(daysUpTo(most)).hideHelp()

/** Parses the name of an administrator or of a set of credentials. */
export function labelOf(text: string): string {
  if (Label.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be lower-case letters, digits and dashes, at most 63 (RFC 1123).')
}
