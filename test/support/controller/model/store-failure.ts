import type { Store } from '../../../../src/controller/store/port.ts'

export class StoreFailure extends Error {
  override message = 'a simulated failure of the store'
}

/** A store whose commits sometimes fail: either nothing is committed, or everything, but the caller gets an error. */
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
