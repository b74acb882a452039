import { isIP } from 'node:net'
import { InvalidArgumentError } from 'commander'
import { NodeName, NodeRole } from '../../../../protocol/names.ts'
import { countUpTo } from '../../identities/arguments.ts'

/** The name becomes the value of the label kubernetes.io/hostname. */
const MAX_NAME = 63

/** Parses the hostname of a machine. */
export function hostnameOf(text: string): string {
  if (text.length <= MAX_NAME && NodeName.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be lower-case letters, digits, dashes and dots, at most 63 (RFC 1123).')
}

/** Parses the name or the address of a server. */
export function serverOf(text: string): string {
  if (isIP(text) !== 0 || NodeName.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be the name or the address of a server.')
}

/** Parses a role; `choices` of commander would be replaced by a parser for several values. */
export function roleOf(text: string): NodeRole {
  const role = NodeRole.options.find((known) => known === text)
  if (role !== undefined) return role
  throw new InvalidArgumentError(`Allowed choices are ${NodeRole.options.join(', ')}.`)
}

export function macOf(text: string): string {
  if (/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text)) return text.toLowerCase().replaceAll('-', ':')
  throw new InvalidArgumentError('It must be a MAC address, such as 52:54:00:12:34:56.')
}

export function addressOf(text: string): string {
  if (isIP(text) !== 0) return text
  throw new InvalidArgumentError('It must be an IP address.')
}

/** Parses ADDRESS/PREFIX. */
export function addressWithPrefix(text: string): string {
  const [, address = '', prefix] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  if (Number(prefix) <= most) return text
  throw new InvalidArgumentError('It must be ADDRESS/PREFIX, such as 192.168.1.10/24.')
}

/** Parses a size to mebibytes or gibibytes, without a unit or with this one: `8GiB`. */
const sizeUpTo = (most: number, of: (text: string) => number | undefined, example: string) => (text: string) => {
  const size = of(text)
  if (size !== undefined && size >= 1 && size <= most) return size
  throw new InvalidArgumentError(`It must be such as ${example}.`)
}

const UNITS = { MiB: 1, GiB: 1_024, TiB: 1_048_576 } as const
function mebibytes(text: string): number | undefined {
  const [, digits, unit] = /^([1-9]\d{0,6})(MiB|GiB|TiB)$/.exec(text) ?? []
  return unit === undefined ? undefined : Number(digits) * UNITS[unit as keyof typeof UNITS]
}

export const cpuCount = countUpTo(768)
export const memoryOf = sizeUpTo(24 * UNITS.TiB, mebibytes, '8GiB or 4096MiB')
export const diskOf = sizeUpTo(
  62 * UNITS.GiB,
  (text) => {
    const mib = mebibytes(text)
    return mib !== undefined && mib % UNITS.GiB === 0 ? mib / UNITS.GiB : undefined
  },
  '80GiB or 2TiB',
)
