import { AsyncLocalStorage } from 'node:async_hooks'

/** Rejects the work that caused an error. */
type Reject = (error: unknown) => void

const owner = new AsyncLocalStorage<Reject>()

export interface StrayErrors {
  /** Rejects if `work` rejects, and also with stray errors of `work`: see `catchStrayErrors`. */
  within<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Stray errors would end the process: those thrown in a later turn of the event loop, 'error' events without a listener,
 * and unhandled rejections. Here they reject the work that caused them, which Node finds by its asynchronous context.
 * Active until all work has settled. A stray error of other code still ends the process.
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
