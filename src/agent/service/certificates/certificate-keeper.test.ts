import { expect, test } from 'vitest'
import { certificateKeeper } from './certificate-keeper.ts'
import type { Renewal, When } from './when.ts'

const LOOK_MS = 300_000
const LOOKS_A_DAY = 288

/** The keeper with scripted renewals; `tick` lets one pause end and returns the milliseconds of the next. */
function scene(answers: Renewal[] = []) {
  const state = { isBusy: false, isProvisioned: true, hang: undefined as Promise<void> | undefined, nowMs: 0 }
  const [begun, pauses]: [When[], number[]] = [[], []]
  let wake: (() => void) | undefined
  const keeper = certificateKeeper({
    link: { open: () => (state.isBusy ? ({} as never) : undefined) },
    isProvisioned: () => state.isProvisioned,
    async renew(when, signal) {
      begun.push(when)
      await Promise.race([state.hang, new Promise((resolve) => signal.addEventListener('abort', resolve))])
      return answers.shift() ?? { isDone: true }
    },
    now: () => new Date(state.nowMs),
    log: () => undefined,
    random: () => 0.5,
    sleep: (ms) => {
      pauses.push(ms)
      return new Promise((resolve) => {
        wake = resolve
      })
    },
    signal: new AbortController().signal,
  })
  const tick = async () => {
    wake?.()
    await new Promise((resolve) => setImmediate(resolve))
    return pauses.at(-1)
  }
  state.hang = Promise.resolve()
  return { keeper, state, tick, begun, pauses }
}

test('renews what has expired at the start and every few minutes, and what soon expires at a random time of each day', async () => {
  const { tick, begun } = scene()
  for (let looks = 0; looks < 2 * LOOKS_A_DAY; looks++) expect(await tick()).toBe(LOOK_MS)
  const soon = begun.flatMap((when, index) => (when === 'soon' ? [index] : []))
  expect(soon).toEqual([0.5 * LOOKS_A_DAY, 1.5 * LOOKS_A_DAY])
})

test('retries after a failure, because other masters may come back later', async () => {
  const { tick, begun } = scene([{ isDone: false }, { isDone: false }, { isDone: true }])
  expect([await tick(), await tick(), await tick()]).toEqual([30_000, 60_000, LOOK_MS])
  expect(begun).toEqual(['expired', 'expired', 'expired'])
})

test('starts no process on a machine without Kubernetes', async () => {
  const { state, tick, begun } = scene()
  state.isProvisioned = false
  expect([await tick(), await tick(), begun]).toEqual([LOOK_MS, LOOK_MS, []])
  state.isProvisioned = true
  await tick()
  expect(begun).toEqual(['expired'])
})

test('does not begin during a run, and ends when one begins', async () => {
  const { keeper, state, tick, begun } = scene([{ isDone: true }, { isDone: false }])
  await tick()
  state.isBusy = true
  expect(await tick()).toBe(LOOK_MS)
  expect(begun).toEqual(['expired'])
  state.isBusy = false
  state.hang = new Promise(() => undefined)
  await tick()
  expect(begun).toEqual(['expired', 'expired'])
  await keeper.pause()
  expect(await tick()).toBe(LOOK_MS)
})

test('starts no process while nothing can have expired since the last look', async () => {
  const valid = { isDone: true, firstEnd: new Date(3 * LOOK_MS).toISOString() }
  const { state, keeper, tick, begun } = scene([valid, valid, valid, valid])
  const begunAt = async (nowMs: number) => {
    state.nowMs = nowMs
    await tick()
    return begun.length
  }
  expect(await begunAt(0)).toBe(1)
  expect([await begunAt(LOOK_MS), await begunAt(3 * LOOK_MS - 1)]).toEqual([1, 1])
  expect(await begunAt(3 * LOOK_MS)).toBe(2)
  // A clock that was set back, and a run.
  expect(await begunAt(LOOK_MS)).toBe(3)
  expect(await begunAt(LOOK_MS + 1)).toBe(3)
  await keeper.pause()
  expect(await begunAt(LOOK_MS + 2)).toBe(4)
})

test('on a machine whose certificates others renew, one process a day looks', async () => {
  const { tick, begun } = scene(Array.from({ length: 9 }, () => ({ isDone: true, firstEnd: null })))
  for (let looks = 0; looks < 2 * LOOKS_A_DAY; looks++) await tick()
  expect(begun).toEqual(['expired', 'soon', 'soon'])
})
