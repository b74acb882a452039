import { StringDecoder } from 'node:string_decoder'
import { setImmediate } from 'node:timers/promises'
import type { Schema } from '../../protocol/api/route.ts'
import { cutLists } from './cut-lists.ts'
import { badRequest, checkBody, parseJson } from './request-parts.ts'

/** How many bytes are decoded, and how many values are checked, before others have their turn. */
const SLICE_BYTES = 256 * 1024
const SLICE_VALUES = 25

let lastTurn: Promise<unknown> = Promise.resolve()
/** Of several bodies one slice is read in each turn. */
function nextTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => setImmediate())
  return lastTurn
}

/**
 * Parses a large JSON object, and checks it with its schema. `lists`: its fields that are lists, with the most values of each. They are
 * read in slices, with `turn` between them. All else of the object, and each value of a list, must fit into a slice.
 */
export async function readInSlices(
  bytes: Buffer,
  schema: Schema,
  lists: Readonly<Record<string, number>>,
  turn: () => Promise<unknown> = nextTurn,
): Promise<unknown> {
  const texts = new Map<number, string[]>()
  const slices = cutLists(await decoded(bytes, turn))
  let step = slices.next()
  for (; !step.done; step = slices.next()) {
    const slice = step.value
    if (slice !== 'turn') {
      const list = texts.get(slice.list) ?? []
      texts.set(slice.list, list)
      list.push(slice.text)
    }
    await turn()
  }
  const body = parseJson(step.value)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return checkBody(schema, body)
  const listOf = (name: string): number | undefined => {
    const at: unknown = Object.hasOwn(body, name) ? body[name as keyof typeof body] : undefined
    return Array.isArray(at) ? at[0] : undefined
  }
  const present = Object.keys(lists).filter((name) => listOf(name) !== undefined)
  const withoutLists = { ...body, ...Object.fromEntries(present.map((name) => [name, []])) }
  const read = { ...(checkBody(schema, withoutLists) as Record<string, unknown>) }
  for (const name of present) {
    const list = listOf(name) ?? 0
    read[name] = await checked(name, texts.get(list) ?? [])
    texts.delete(list)
  }
  // What nobody wants must be JSON all the same.
  for (const each of [...texts.values()].flat()) {
    valuesIn(each)
    await turn()
  }
  return read

  /** What was parsed is garbage as soon as it is checked: if all of it stayed for long, moving it in memory would stop all others. */
  async function checked(name: string, slices: readonly string[]): Promise<unknown[]> {
    const most = lists[name] ?? 0
    const kept: unknown[] = []
    for (const slice of slices) {
      const values = valuesIn(slice)
      const before = kept.length
      if (before + values.length > most) throw badRequest('request/invalid', `${name}: found more than ${most} values`)
      for (let from = 0; from < values.length; from += SLICE_VALUES) {
        const part = { ...withoutLists, [name]: values.slice(from, from + SLICE_VALUES) }
        const { [name]: good } = checkBody(schema, part, ([first, at, ...rest]) =>
          typeof at === 'number' ? [String(first), before + from + at, ...rest] : [String(first)],
        ) as Record<string, unknown[]>
        for (const each of good ?? []) kept.push(each)
        await turn()
      }
    }
    return kept
  }
}

const valuesIn = (slice: string) => parseJson(`[${slice}]`) as unknown[]

async function decoded(bytes: Buffer, turn: () => Promise<unknown>): Promise<string> {
  const decoder = new StringDecoder('utf8')
  let text = ''
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
    text += decoder.write(bytes.subarray(from, from + SLICE_BYTES))
    await turn()
  }
  return text + decoder.end()
}
