import { AgentError } from '../../base/agent-error.ts'
import { MAX_PAGE } from '../../protocol/api/http/page.ts'

export interface Paging {
  limit?: number | undefined
  after?: string | undefined
  sort?: string | undefined
}

interface Sorting<T, V> {
  /** Texts by which the list can be sorted; the first one is the default. */
  keys: Readonly<Record<string, (item: T) => string>>
  /** Unique. */
  id: (item: T) => string
  /** What the page has of an item: made for no other one. */
  shown: (item: T) => V
  maxBytes: number
}

/**
 * The next items of a list, at most so many and about so many bytes as JSON; at least one if there is one. `next` names the
 * last one by what it is sorted by, so that items which come and go between two pages are neither repeated nor left out.
 */
export function pageFrom<T, V>(
  items: readonly T[],
  { limit = MAX_PAGE, after, sort }: Paging,
  { keys, id, shown, maxBytes }: Sorting<T, V>,
): { items: V[]; next: string | null } {
  const [first = ''] = Object.keys(keys)
  const isDescending = sort?.startsWith('-') ?? false
  const key = keys[(sort ?? first).replace(/^-/, '')] ?? keys[first]
  const placed = items.map((item) => ({ item, place: [key?.(item) ?? '', id(item)] as Place }))
  const compare = (a: Place, b: Place) => (isDescending ? -1 : 1) * comparePlaces(a, b)
  const from = after === undefined ? undefined : placeIn(after)
  const rest = placed.filter(({ place }) => !from || compare(place, from) > 0).sort((a, b) => compare(a.place, b.place))
  const page: V[] = []
  let bytes = 0
  for (const { item } of rest.slice(0, limit)) {
    const each = shown(item)
    bytes += Buffer.byteLength(JSON.stringify(each))
    if (bytes > maxBytes && page.length > 0) break
    page.push(each)
  }
  const last = rest[page.length - 1]
  const next = last && page.length < rest.length ? Buffer.from(JSON.stringify(last.place)).toString('base64url') : null
  return { items: page, next }
}

type Place = [key: string, id: string]

function comparePlaces([a, idA]: Place, [b, idB]: Place): number {
  if (a !== b) return a < b ? -1 : 1
  return idA === idB ? 0 : idA < idB ? -1 : 1
}

function placeIn(after: string): Place {
  try {
    const [key, id, ...more] = JSON.parse(Buffer.from(after, 'base64url').toString())
    if (typeof key === 'string' && typeof id === 'string' && more.length === 0) return [key, id]
  } catch {
    // Refused below.
  }
  throw new AgentError('request/unusable', 'after: not the end of a page', {
    fix: 'send the `next` of the page before, or nothing for the first page',
    kind: 'invalid',
  })
}
