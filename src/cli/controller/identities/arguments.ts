import { InvalidArgumentError } from 'commander'
import { Label } from '../../../protocol/names.ts'

/** Parses an integer from 1 to `most`. */
export const countUpTo =
  (most: number) =>
  (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a number from 1 to ${most}.`)
  }

/** Parses the name of an administrator or of a set of credentials. */
export function labelOf(text: string): string {
  if (Label.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be lower-case letters, digits and dashes, at most 63 (RFC 1123).')
}
