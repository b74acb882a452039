import type { DurableLog } from '../host/durable-log.ts'

interface Waiting {
  bytes: Uint8Array
  sync: boolean
  done: () => void
  fail: (error: unknown) => void
}

/** Appends in the order of the calls. Calls that arrive during a write are batched into the next one. */
export class AppendQueue {
  private readonly log: DurableLog
  private waiting: Waiting[] = []
  private draining: Promise<void> | undefined

  constructor(log: DurableLog) {
    this.log = log
  }

  push(bytes: Uint8Array, sync: boolean): Promise<void> {
    const pushed = new Promise<void>((done, fail) => this.waiting.push({ bytes, sync, done, fail }))
    this.draining ??= this.drain()
    return pushed
  }

  /** Resolves when the queue is empty. */
  async settled(): Promise<void> {
    await this.draining
  }

  private async drain(): Promise<void> {
    // Calls in the same turn of the event loop go into the same batch.
    await Promise.resolve()
    while (this.waiting.length > 0) {
      const batch = this.waiting
      this.waiting = []
      const sync = batch.some((one) => one.sync)
      try {
        await this.log.append(Buffer.concat(batch.map((one) => one.bytes)), sync)
        for (const { done } of batch) done()
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    this.draining = undefined
  }
}
