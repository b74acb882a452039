/** Requests of one page at a time: the browser has six connections. */
const AT_ONCE = 6

export interface Outcome<Item> {
  done: Item[]
  failed: { item: Item; error: unknown }[]
}

/** Does the work for each item, and goes on after a failure. */
export async function eachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<Outcome<Item>> {
  const outcome: Outcome<Item> = { done: [], failed: [] }
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        await work(item)
        outcome.done.push(item)
      } catch (error) {
        outcome.failed.push({ item, error })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
  return outcome
}
