import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  endOfString,
  MAX_DEPTH,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../protocol/wire/messages/json-depth.ts'
import { notJson, tooDeep, tooLarge } from './request-parts.ts'

/** How much is looked at, or parsed, before others have their turn. */
export const SLICE_CHARACTERS = 64 * 1024

interface Slice {
  /** The number of the list. */
  list: number
  /** Some of its values, with commas between them. */
  text: string
}

/**
 * Cuts the lists that are fields of the outermost object, each where a value ends. Returns the rest of the text, in which each list has
 * one value: its number. Every character of the text is in a slice or in the rest, so that what is not JSON is found when they are parsed.
 * The rest, and each value of a list, must fit into a slice.
 */
export function* cutLists(text: string): Generator<Slice | 'turn', string> {
  const place = new Place(text)
  let turnAt = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    let slice: Slice | undefined
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) place.open(at, code)
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) slice = place.close(at, code)
    else if (code === COMMA) slice = place.comma(at)
    if (slice === undefined && at - turnAt < SLICE_CHARACTERS) continue
    yield slice ?? 'turn'
    turnAt = at
  }
  return place.end()
}

/** Where the text is read. */
class Place {
  readonly #text: string
  #depth = 0
  #lists = 0
  /** Where the present slice of a list begins; undefined outside of the lists. */
  #sliceFrom: number | undefined
  #rest = ''
  #restFrom = 0

  constructor(text: string) {
    this.#text = text
  }

  open(at: number, code: number): void {
    if (++this.#depth > MAX_DEPTH) throw tooDeep()
    if (this.#depth !== 2 || code !== OPEN_BRACKET || this.#sliceFrom !== undefined) return
    this.#keep(at + 1)
    this.#rest += this.#lists
    this.#sliceFrom = at + 1
  }

  close(at: number, code: number): Slice | undefined {
    const from = this.#depth-- === 2 && code === CLOSE_BRACKET ? this.#sliceFrom : undefined
    if (from === undefined) return undefined
    // After a comma a value must follow.
    const last = this.#slice(from, at, this.#text.charCodeAt(from - 1) === COMMA)
    this.#sliceFrom = undefined
    this.#restFrom = at
    this.#lists++
    return last
  }

  comma(at: number): Slice | undefined {
    const from = this.#sliceFrom
    if (from === undefined || this.#depth !== 2 || at - from < SLICE_CHARACTERS) return undefined
    this.#sliceFrom = at + 1
    return this.#slice(from, at, true)
  }

  end(): string {
    if (this.#sliceFrom !== undefined) throw notJson()
    this.#keep(this.#text.length)
    return this.#rest
  }

  #slice(from: number, to: number, mustHaveValue: boolean): Slice {
    if (to - from > 2 * SLICE_CHARACTERS) throw tooLarge()
    const text = this.#text.slice(from, to)
    if (mustHaveValue && text.trim() === '') throw notJson()
    return { list: this.#lists, text }
  }

  #keep(to: number): void {
    if (this.#rest.length + to - this.#restFrom > SLICE_CHARACTERS) throw tooLarge()
    this.#rest += this.#text.slice(this.#restFrom, to)
  }
}
