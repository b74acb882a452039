import { expect, it } from 'vitest'
import type { StoredEvent } from '../domain/records.ts'
import type { EventFilter } from '../store/port.ts'
import { eventPage } from './event-page.ts'

/** A store with events of these sizes, which records how many are read at once. */
function storeOf(sizes: readonly number[]) {
  const events = sizes.map((size, at) => ({ seq: at + 1, event: 'x'.repeat(size) }) as unknown as StoredEvent)
  const reads: number[] = []
  const eventsAfter = async ({ after }: EventFilter, limit: number) => {
    reads.push(limit)
    return events.filter(({ seq }) => seq > after).slice(0, limit)
  }
  return { reads, eventsAfter }
}
const page = async (sizes: readonly number[], after = 0) => {
  const store = storeOf(sizes)
  const found = await eventPage(store, { after }, { events: 120, bytes: 1_000 })
  return { seqs: found.map(({ seq }) => seq), reads: store.reads }
}

it('has at most so many events, which are read in parts', async () => {
  const { seqs, reads } = await page(Array(300).fill(1))
  expect([seqs.length, seqs.at(-1), reads]).toEqual([120, 120, [50, 50, 20]])
})

it('has at most so many bytes, but at least one event', async () => {
  expect((await page([400, 400, 400])).seqs).toEqual([1, 2])
  expect((await page([5_000, 1])).seqs).toEqual([1])
  expect((await page([400, 400, 400], 2)).seqs).toEqual([3])
})

it('is empty after the last event', async () => {
  expect((await page([1, 1], 2)).seqs).toEqual([])
})
