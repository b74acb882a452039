import { setImmediate } from 'node:timers/promises'
import type { Schema } from '../../protocol/api/route.ts'
import { cutLists } from './cut-lists.ts'
import { badRequest, checkBody, parseJson, tooLarge } from './request-parts.ts'

/** How many values are checked before others have their turn. */
const SLICE_VALUES = 100

/**
 * Parses a large JSON object, and checks it with its schema. `lists`: its fields that are lists, with the most values of each. They are
 * read in slices, with `turn` between them. All else of the object, and each value of a list, must fit into a slice.
 */
export async function readInSlices(
  text: string,
  schema: Schema,
  lists: Readonly<Record<string, number>>,
  turn: () => Promise<unknown> = () => setImmediate(),
): Promise<unknown> {
  const most = Math.max(...Object.values(lists))
  const values = new Map<number, unknown[]>()
  const slices = cutLists(text)
  let step = slices.next()
  for (; !step.done; step = slices.next()) {
    const slice = step.value
    if (slice !== 'turn') {
      const list = values.get(slice.list) ?? []
      values.set(slice.list, list)
      const parsed = parseJson(`[${slice.text}]`) as unknown[]
      if (list.length + parsed.length > most) throw tooLarge()
      for (const each of parsed) list.push(each)
    }
    await turn()
  }
  const body = parseJson(step.value)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return checkBody(schema, body)
  const listOf = (name: string) => {
    const at: unknown = Object.hasOwn(body, name) ? body[name as keyof typeof body] : undefined
    return Array.isArray(at) ? values.get(at[0]) : undefined
  }
  const present = Object.keys(lists).filter((name) => listOf(name) !== undefined)
  const withoutLists = { ...body, ...Object.fromEntries(present.map((name) => [name, []])) }
  const read = { ...(checkBody(schema, withoutLists) as Record<string, unknown>) }
  for (const name of present) read[name] = await checked(name, listOf(name) ?? [])
  return read

  async function checked(name: string, all: readonly unknown[]): Promise<unknown[]> {
    const most = lists[name] ?? 0
    if (all.length > most) throw badRequest('request/invalid', `${name}: found ${all.length}; wanted at most ${most}`)
    const kept: unknown[] = []
    for (let from = 0; from < all.length; from += SLICE_VALUES) {
      const part = { ...withoutLists, [name]: all.slice(from, from + SLICE_VALUES) }
      const { [name]: good } = checkBody(schema, part, ([first, at, ...rest]) =>
        typeof at === 'number' ? [String(first), from + at, ...rest] : [String(first)],
      ) as Record<string, unknown[]>
      for (const each of good ?? []) kept.push(each)
      await turn()
    }
    return kept
  }
}
