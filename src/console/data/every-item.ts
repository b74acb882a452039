interface Page<T> {
  items: readonly T[]
  next: string | null
}

/** All items of a list, page by page. */
export async function everyItem<T>(pageAfter: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = []
  let after: string | undefined
  do {
    const { items, next } = await pageAfter(after)
    found.push(...items)
    after = next ?? undefined
  } while (after !== undefined)
  return found
}
