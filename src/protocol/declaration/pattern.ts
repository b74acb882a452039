import * as z from 'zod/mini'

/*
 * Patterns of host names. They are not regular expressions: each is compared in time that grows with the length of the name times
 * the length of the pattern, and a pattern without `*` and `?` matches a number of names that can be told.
 */

export const PATTERN_WANTED =
  'a name in lower case with *, ?, [1-3] or {1..12}, e.g. cp-[1-3], node-{001..200} or *.example.org'

const ELEMENT = /[a-z0-9.-]|\*|\?|\[(?:[a-z0-9](?:-[a-z0-9])?)+\]|\{\d{1,6}\.\.\d{1,6}\}/g
const WHOLE = /^(?:[a-z0-9.*?-]|\[(?:[a-z0-9](?:-[a-z0-9])?)+\]|\{[0-9]{1,6}\.\.[0-9]{1,6}\})+$/

/** `*`: any characters; `?`: one; `[1-3]`, `[abc]`: one of these; `{1..12}`: a number, `{01..12}` with leading zeros. */
export const Pattern = z
  .string()
  .check(z.maxLength(253), z.regex(WHOLE), z.refine(isOrdered, 'the end of a range is before its start'))

/** Returns whether a whole name matches the pattern. */
export function patternMatcher(pattern: string): (name: string) => boolean {
  const steps = elementsOf(pattern).map(stepOf)
  return (name) => {
    let starts: readonly number[] = [0]
    for (const step of steps) {
      starts = step(name, starts)
      if (starts.length === 0) return false
    }
    return starts.includes(name.length)
  }
}

/** How many steps a comparison with the longest name takes at most; a step is some nanoseconds. */
export function stepsOf(pattern: string): number {
  let steps = 0
  let starts = 1
  for (const element of elementsOf(pattern)) {
    steps += starts
    if (element === '*') starts = LONGEST
    // A number has up to six digits, and can end after each.
    else if (element.startsWith('{')) starts = Math.min(LONGEST, 6 * starts)
  }
  return steps
}

const LONGEST = 253

/** How many names it matches; undefined if that is not limited. */
export function namesOf(pattern: string): number | undefined {
  let count = 1
  for (const element of elementsOf(pattern)) {
    if (element === '*' || element === '?') return undefined
    if (element.startsWith('[')) count *= charactersOf(element).size
    const { from, to } = numbersOf(element) ?? { from: 0, to: 0 }
    count *= to - from + 1
  }
  return count
}

const elementsOf = (pattern: string): readonly string[] => pattern.match(ELEMENT) ?? []

/** Where an element can end in the name, if it begins at one of some positions; both in ascending order. */
type Step = (name: string, starts: readonly number[]) => readonly number[]

function stepOf(element: string): Step {
  if (element === '*') {
    return (name, [first = 0]) => Array.from({ length: name.length - first + 1 }, (_, more) => first + more)
  }
  const numbers = numbersOf(element)
  if (numbers) return (name, starts) => inOrder(starts.flatMap((at) => numberEnds(numbers, name, at)))
  const isIt = characterTest(element)
  return (name, starts) => {
    const ends: number[] = []
    for (const at of starts) if (at < name.length && isIt(name.charCodeAt(at))) ends.push(at + 1)
    return ends
  }
}

const inOrder = (positions: readonly number[]) => [...new Set(positions)].sort((a, b) => a - b)

function characterTest(element: string): (code: number) => boolean {
  if (element === '?') return () => true
  const wanted = element.charCodeAt(0)
  if (element.length === 1) return (code) => code === wanted
  const codes = new Set([...charactersOf(element)].map((character) => character.charCodeAt(0)))
  return (code) => codes.has(code)
}

interface Numbers {
  from: number
  to: number
  /** With leading zeros; 0: without. */
  width: number
}

function numbersOf(element: string): Numbers | undefined {
  const [, from = '', to] = /^\{(\d+)\.\.(\d+)\}$/.exec(element) ?? []
  if (to === undefined) return undefined
  return { from: Number(from), to: Number(to), width: from.length > 1 && from.startsWith('0') ? from.length : 0 }
}

function numberEnds({ from, to, width }: Numbers, name: string, at: number): number[] {
  const [digits = ''] = /^\d{1,6}/.exec(name.slice(at, at + 6)) ?? []
  const ends: number[] = []
  for (let length = 1; length <= digits.length; length++) {
    const text = digits.slice(0, length)
    const number = Number(text)
    if (text === String(number).padStart(width, '0') && number >= from && number <= to) ends.push(at + length)
  }
  return ends
}

function charactersOf(element: string): Set<string> {
  const characters = new Set<string>()
  for (const [, first = '', last = first] of element.matchAll(/([a-z0-9])(?:-([a-z0-9]))?/g)) {
    for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) characters.add(String.fromCharCode(code))
  }
  return characters
}

function isOrdered(pattern: string): boolean {
  return elementsOf(pattern).every((element) => {
    const numbers = numbersOf(element)
    if (numbers) return numbers.from <= numbers.to
    return (
      !element.startsWith('[') || [...element.matchAll(/([a-z0-9])-([a-z0-9])/g)].every(([, a = '', b = '']) => a <= b)
    )
  })
}
