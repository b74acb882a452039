import { InvalidArgumentError } from 'commander'
import { Label } from '../../../protocol/names.ts'

/** Parses an integer from 1 to `most`. */
export const countUpTo =
  (most: number) =>
  (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a number from 1 to ${most}.`)
  }

/** Parses a number of days from 1 to `most`: `30` or `30d`. */
export const daysUpTo =
  (most: number) =>
  (text: string): number => {
    const days = Number(/^([1-9]\d{0,8})d?$/.exec(text)?.[1])
    if (days <= most) return days
    throw new InvalidArgumentError(`It must be a number of days from 1 to ${most}, such as 30 or 30d.`)
  }

/** Parses the name of an administrator or of a set of credentials. */
export function labelOf(text: string): string {
  if (Label.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be lower-case letters, digits and dashes, at most 63 (RFC 1123).')
}
