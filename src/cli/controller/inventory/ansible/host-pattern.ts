import { isIP } from 'node:net'
import { shorten } from '../../../../base/text/shorten.ts'
import { MOST_HOSTS } from './groups.ts'

export interface Expanded {
  names: string[]
  port?: number
}

const RANGE = /\[([^[\]:]*):([^[\]:]*)(?::([^[\]:]*))?\]/
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * The hosts of a pattern of Ansible, e.g. `node[01:20]`, `rack-[a:c]-[1:4].site`, `10.0.0.5:2222` or `[fd00::5]:2222`. Text: why it is
 * none.
 */
export function expandHostPattern(pattern: string): Expanded | string {
  const [, bracketed, bracketedPort] = /^\[([^\]]*(?:\[[^\]]*\][^\]]*)*)\]:(\d+)$/.exec(pattern) ?? []
  const [, plain, plainPort] = /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/.exec(pattern) ?? []
  const host = bracketed ?? plain ?? pattern
  const names = expandRanges(host)
  if (typeof names === 'string') return names
  const wrong = names.find((name) => isIP(name) === 0 && !isName(name))
  if (wrong !== undefined) return `found ${shorten(wrong, 80)}, which is no host name and no address`
  const given = bracketedPort ?? plainPort
  if (given === undefined) return { names }
  const port = Number(given)
  if (port < 1 || port > 65_535) return `found the port ${shorten(given, 20)}; wanted 1 to 65535`
  return { names, port }
}

const isName = (text: string) => text.length <= 253 && NAME.test(text)

function expandRanges(pattern: string): string[] | string {
  let heads = ['']
  let rest = pattern
  for (;;) {
    const range = RANGE.exec(rest)
    if (!range) break
    const values = valuesOf(range)
    if (typeof values === 'string') return values
    const before = rest.slice(0, range.index)
    if (heads.length * values.length > MOST_HOSTS) return `it means more than ${MOST_HOSTS} hosts`
    heads = heads.flatMap((head) => values.map((value) => head + before + value))
    rest = rest.slice(range.index + range[0].length)
  }
  return heads.map((head) => head + rest)
}

/** Both ends belong to the range, as in Ansible. */
function valuesOf([text, from = '', to = '', by = '1']: RegExpExecArray): string[] | string {
  const step = Number(by)
  if (!/^\d{1,9}$/.test(by) || step < 1) return `found ${shorten(text, 80)}, whose step is no number from 1`
  const begin = from === '' ? '0' : from
  const [first, last] = [LETTERS.indexOf(begin), LETTERS.indexOf(to)]
  const areLetters = begin.length === 1 && to.length === 1 && first >= 0 && last >= 0
  if (!areLetters && !(/^\d{1,9}$/.test(begin) && /^\d{1,9}$/.test(to)))
    return `found ${shorten(text, 80)}; wanted two numbers or two letters, e.g. [01:20] or [a:c]`
  const isPadded = !areLetters && begin.startsWith('0') && begin.length > 1
  if (isPadded && begin.length !== to.length) return `found ${shorten(text, 80)}; wanted ends of equal length`
  const [low, high] = areLetters ? [first, last] : [Number(begin), Number(to)]
  if (low > high) return `found ${shorten(text, 80)}, whose end is before its begin`
  const count = Math.floor((high - low) / step) + 1
  if (count > MOST_HOSTS) return `it means more than ${MOST_HOSTS} hosts`
  const numbers = Array.from({ length: count }, (_, at) => low + at * step)
  if (areLetters) return numbers.map((at) => LETTERS.charAt(at))
  return numbers.map((number) => (isPadded ? String(number).padStart(begin.length, '0') : String(number)))
}
