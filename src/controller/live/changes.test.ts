import { expect, it } from 'vitest'
import { Changes, ofCluster, ofEnrolments } from './changes.ts'

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

it('reads again after a change of its topic, of none, and not of another', async () => {
  const changes = new Changes()
  const reads = { one: 0, any: 0 }
  const gone = new AbortController()
  const waiting = [
    changes.until(() => void reads.one++, 60_000, gone.signal, ofCluster('one')),
    changes.until(() => void reads.any++, 60_000, gone.signal),
  ]
  const after = async (...topics: string[]) => {
    changes.announce(...topics)
    await new Promise((resolve) => setImmediate(resolve))
    return { ...reads }
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(await after(ofCluster('another'), ofEnrolments('one'))).toEqual({ one: 1, any: 2 })
  expect(await after(ofCluster('one'))).toEqual({ one: 2, any: 3 })
  expect(await after()).toEqual({ one: 3, any: 4 })
  gone.abort()
  await Promise.all(waiting)
})
