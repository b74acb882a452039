import { AsyncLocalStorage } from 'node:async_hooks'

/** Rejects the work that an error belongs to. */
type Reject = (error: unknown) => void

const owner = new AsyncLocalStorage<Reject>()

export interface StrayErrors {
  /** Rejects as `work` does, and also with what `work` lets fall: see `catchStrayErrors`. */
  within<T>(work: () => Promise<T>): Promise<T>
}

/**
 * An error that nobody can catch ends the program: one thrown in a later turn of the event loop, an 'error' event without
 * a listener, a rejection without a handler. Here it becomes the failure of the work that started it, which Node tells by
 * its asynchronous context. Listens until all works have settled; an error of none of them ends the program as ever.
 */
export function catchStrayErrors(): StrayErrors {
  let running = 0
  const take = (error: unknown) => {
    const reject = owner.getStore()
    if (reject !== undefined) return reject(error)
    release()
    process.nextTick(() => {
      throw error
    })
  }
  const release = () => {
    process.off('uncaughtException', take)
    process.off('unhandledRejection', take)
  }
  process.on('uncaughtException', take)
  process.on('unhandledRejection', take)

  async function settled(work: Promise<unknown>): Promise<void> {
    running += 1
    await work.catch(() => undefined)
    running -= 1
    if (running === 0) release()
  }

  return {
    within(work) {
      const stray = Promise.withResolvers<never>()
      const done = owner.run(stray.reject, async () => work())
      void settled(done)
      return Promise.race([done, stray.promise])
    },
  }
}
