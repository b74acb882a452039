import { expect, test } from 'vitest'
import { addressesNow, watchState } from './watch-state.ts'

test('each change is reported once, until the signal', async () => {
  const stop = new AbortController()
  const seen = ['a', 'a', 'b', 'b', 'a']
  const changes: string[] = []
  await watchState({
    onChange: () => changes.push('changed'),
    sleep: async () => void (seen.length === 0 && stop.abort()),
    signal: stop.signal,
    state: () => seen.shift() ?? 'a',
  })
  expect(changes).toHaveLength(2)
})

test('loopback and link-local addresses are ignored', () => {
  expect(addressesNow()).not.toMatch(/127\.0\.0\.1|fe80:/)
})
