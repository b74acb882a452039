import type { Store } from '../../../../src/controller/store/port.ts'

export class StoreFailure extends Error {
  override message = 'a simulated failure of the store'
}

/** A store some of whose commits fail: they change nothing, or all of it, and nobody hears that they did. */
export function failing(store: Store, world: { failures: number; random(): number }): Store {
  return {
    ...store,
    async commit(...order) {
      if (world.random() < world.failures) throw new StoreFailure()
      const isDone = await store.commit(...order)
      if (isDone && world.random() < world.failures) throw new StoreFailure()
      return isDone
    },
  }
}
