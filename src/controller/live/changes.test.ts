import { expect, it } from 'vitest'
import { Changes } from './changes.ts'

const never = new AbortController().signal

it('answers at once where there is an answer', async () => {
  expect(await new Changes().until(() => 1, 60_000, never)).toBe(1)
})

it('reads again after each change', async () => {
  const changes = new Changes()
  let reads = 0
  const waiting = changes.until(() => (++reads === 3 ? 'third' : undefined), 60_000, never)
  for (let change = 0; change < 2; change++) {
    changes.announce()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await waiting).toBe('third')
  expect(reads).toBe(3)
})

it('gives up when the time is over, and when the caller has gone', async () => {
  const changes = new Changes()
  expect(await changes.until(() => undefined, 5, never)).toBeUndefined()
  const gone = new AbortController()
  const waiting = changes.until(() => undefined, 60_000, gone.signal)
  gone.abort()
  expect(await waiting).toBeUndefined()
})
