import type { Server } from 'node:https'
import type { Later } from '../../base/timers.ts'

/** Counts requests until they are answered, so that a stop can wait for them. */
export function countRequests(server: Pick<Server, 'on'>, later: Later): { ended(withinMs: number): Promise<void> } {
  let count = 0
  let onNone: () => void = () => undefined
  server.on('request', (_, answer) => {
    count++
    answer.once('close', () => {
      count--
      if (count === 0) onNone()
    })
  })
  return {
    /** Resolves when no request is in work, at the latest after `withinMs`. */
    ended: (withinMs) =>
      new Promise((resolve) => {
        onNone = resolve
        if (count === 0) resolve()
        later(withinMs, resolve)
      }),
  }
}
