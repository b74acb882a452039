import type { AnswerOf, AskedOf, Route, Schema } from '../../../protocol/api/route.ts'
import type { AdminClient } from './client.ts'

interface Page {
  items: readonly unknown[]
  next: string | null
}
type ItemOf<R extends Route> = AnswerOf<R> extends { items: (infer Item)[] } ? Item : never

/** The items of a list, page by page. */
export async function* items<const R extends Route & { answer: Schema }>(
  client: AdminClient,
  route: R,
  query: object = {},
): AsyncGenerator<ItemOf<R>> {
  let after: string | null | undefined
  do {
    const asked = { query: { ...query, ...(after != null && { after }) } } as AskedOf<R>
    const page = (await client.ask(route, asked)) as unknown as Page
    yield* page.items as ItemOf<R>[]
    after = page.next
  } while (after !== null)
}

export const everyItem: <const R extends Route & { answer: Schema }>(
  client: AdminClient,
  route: R,
  query?: object,
) => Promise<ItemOf<R>[]> = async (client, route, query) => {
  const found = []
  for await (const item of items(client, route, query)) found.push(item)
  return found
}
