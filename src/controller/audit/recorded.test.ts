import { expect, test } from 'vitest'
import { byController } from './act.ts'
import { recorded } from './recorded.ts'

test('who asks gets each entry that was stored, and none that was not', async () => {
  const stored: unknown[] = []
  let isFull = false
  const store = {
    async commit(changes: unknown[]) {
      if (isFull) throw new Error('disk is full')
      stored.push(...changes)
      return true
    },
  }
  const ports = { store, now: () => new Date(0), changes: { announce() {} } } as unknown as Parameters<
    typeof recorded
  >[0]
  const entries: string[] = []
  const core = recorded(ports, byController('start', 'a test'), ({ outcome }) => entries.push(outcome))
  await core.doRecorded([], () => undefined)
  isFull = true
  await expect(core.doRecorded([], () => undefined)).rejects.toThrow('disk is full')
  expect(entries).toEqual(['begun', 'done'])
  expect(stored).toHaveLength(2)
})
