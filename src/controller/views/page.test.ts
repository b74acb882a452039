import { expect, test } from 'vitest'
import { type Paging, pageFrom } from './page.ts'

interface Item {
  id: string
  name: string
}
const items: Item[] = ['d', 'a', 'c', 'b', 'a'].map((name, at) => ({ id: `${at}`, name }))
const sorting = {
  keys: { name: ({ name }: Item) => name, id: ({ id }: Item) => id },
  id: ({ id }: Item) => id,
  shown: (item: Item) => item,
  maxBytes: 1_000,
}

function pages(query: Paging, from: readonly Item[] = items, maxBytes = 1_000): string[] {
  const found: string[] = []
  let after: string | undefined
  do {
    const page = pageFrom(from, { ...query, after }, { ...sorting, maxBytes })
    found.push(page.items.map(({ id }) => id).join(''))
    after = page.next ?? undefined
  } while (after !== undefined)
  return found
}

test.each([
  [{}, ['14320']],
  [{ limit: 2 }, ['14', '32', '0']],
  [{ limit: 2, sort: '-name' }, ['02', '34', '1']],
  [{ limit: 3, sort: 'id' }, ['012', '34']],
  [{ limit: 5 }, ['14320']],
])('pages of %j', (query, wanted) => expect(pages(query)).toEqual(wanted))

test('a page ends at its limit of bytes, and has at least one item', () => {
  expect(pages({}, items, 50)).toEqual(['14', '32', '0'])
  expect(pages({}, items, 1)).toEqual(['1', '4', '3', '2', '0'])
  expect(pages({}, [])).toEqual([''])
})

test('items that come and go are neither repeated nor left out', () => {
  const { next } = pageFrom(items, { limit: 2 }, sorting)
  const changed = [...items.filter(({ id }) => id !== '4'), { id: '9', name: 'bb' }]
  const rest = pageFrom(changed, { after: next ?? '' }, sorting)
  expect(rest.items.map(({ id }) => id).join('')).toBe('3920')
})

test.each(['x', Buffer.from('[1]').toString('base64url')])('refuses the cursor %s', (after) => {
  expect(() => pageFrom(items, { after }, sorting)).toThrow(expect.objectContaining({ code: 'request/unusable' }))
})

test('only what is on the page is made', () => {
  const made: string[] = []
  const shown = (item: Item) => {
    made.push(item.id)
    return item
  }
  const { items: page } = pageFrom(items, { limit: 2 }, { ...sorting, shown })
  expect(made).toEqual(page.map(({ id }) => id))
})
