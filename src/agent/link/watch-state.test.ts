import { expect, test } from 'vitest'
import { addressesNow, lookRegularly, whenChanged } from './watch-state.ts'

test('each change is reported once', () => {
  const seen = ['a', 'a', 'b', 'b', 'a', 'a']
  const changes: string[] = []
  const look = whenChanged(
    () => seen.shift() ?? 'a',
    () => changes.push('changed'),
  )
  while (seen.length > 0) look()
  expect(changes).toHaveLength(2)
})

test('looks after each pause, until the signal', async () => {
  const stop = new AbortController()
  let pauses = 0
  let looks = 0
  const sleep = async () => {
    pauses += 1
    if (pauses === 3) stop.abort()
  }
  await lookRegularly(() => looks++, { sleep, signal: stop.signal })
  expect(looks).toBe(2)
})

test('loopback and link-local addresses are ignored', () => {
  expect(addressesNow()).not.toMatch(/127\.0\.0\.1|fe80:/)
})
