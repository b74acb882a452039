import { expect, test } from 'vitest'
import { imageKeeper } from './image-keeper.ts'
import type { ImagesReport } from './images-report.ts'

const KEPT = { kept: ['a:1', 'a@sha256:0'], restored: [] }
const ALL = new Set(KEPT.kept)
const FAILED = { error: { code: 'bundle/fetch-failed', message: 'no controller', fix: 'wait' } }

/** The keeper on a scripted machine; `tick` lets one pause end and returns the milliseconds of the next. */
function scene() {
  const stop = new AbortController()
  const state = {
    provisioned: 'first' as string | undefined,
    isBusy: false,
    isOnTrial: false,
    pinned: ALL as ReadonlySet<string> | undefined,
    answers: [KEPT] as ImagesReport[],
    started: 0,
    wasAborted: false,
    hang: undefined as Promise<void> | undefined,
  }
  const [changes, logs, pauses]: [string[][], string[], number[]] = [[], [], []]
  let wake: (() => void) | undefined
  const keeper = imageKeeper({
    link: { open: () => (state.isBusy ? ({} as never) : undefined) },
    provisioned: () => state.provisioned,
    isOnTrial: () => state.isOnTrial,
    listPinned: async () => state.pinned,
    async keep(onReport, signal) {
      state.started += 1
      signal.addEventListener('abort', () => {
        state.wasAborted = true
      })
      await Promise.race([state.hang, new Promise((resolve) => signal.addEventListener('abort', resolve))])
      if (!signal.aborted) for (const answer of state.answers) onReport(answer)
    },
    onChange: () => changes.push([...keeper.missing()]),
    log: (level, text) => logs.push(`${level}: ${text}`),
    sleep: (ms) => {
      pauses.push(ms)
      return new Promise((resolve) => {
        wake = resolve
      })
    },
    signal: stop.signal,
  })
  const tick = async () => {
    wake?.()
    await new Promise((resolve) => setImmediate(resolve))
    return pauses.at(-1)
  }
  return { keeper, state, tick, changes, logs }
}

test('compares once with the bundle, then only looks at the names; what is gone is restored', async () => {
  const { state, tick, changes, logs } = scene()
  state.hang = Promise.resolve()
  for (let each = 0; each < 3; each++) await tick()
  expect([state.started, logs, changes]).toEqual([1, [], []])
  state.pinned = new Set(['a:1'])
  state.answers = [{ missing: ['a:1'] }, { kept: KEPT.kept, restored: ['a:1'] }]
  await tick()
  expect(state.started).toBe(2)
  expect(changes).toEqual([['a:1'], []])
  expect(logs).toEqual([
    'warn: images are missing, and are imported again: a:1',
    'info: images are here and pinned: a:1',
  ])
})

test('after another instruction the images are compared again; without one there are none', async () => {
  const { state, tick } = scene()
  state.hang = Promise.resolve()
  await tick()
  state.provisioned = 'second'
  await tick()
  expect(state.started).toBe(2)
  state.provisioned = undefined
  state.pinned = new Set()
  await tick()
  expect(state.started).toBe(2)
})

test('what the process says is logged', async () => {
  const { state, tick, logs } = scene()
  state.hang = Promise.resolve()
  state.answers = [{ said: 'other nodes sent it' }, KEPT]
  await tick()
  expect(logs).toEqual(['info: other nodes sent it'])
})

test('a failure is told once, tried again with growing pauses, and the images stay reported as missing', async () => {
  const { keeper, state, tick, logs } = scene()
  state.hang = Promise.resolve()
  state.pinned = new Set()
  state.answers = [{ missing: ['a:1'] }, FAILED]
  expect([await tick(), await tick(), await tick()]).toEqual([60_000, 120_000, 240_000])
  expect(logs.filter((line) => line.includes('cannot restore'))).toEqual([
    'warn: cannot restore images, retrying: no controller (bundle/fetch-failed)',
  ])
  expect(keeper.missing()).toEqual(['a:1'])
  state.answers = [{ missing: ['a:1'] }, { kept: KEPT.kept, restored: ['a:1'] }]
  expect(await tick()).toBe(30_000)
  expect(keeper.missing()).toEqual([])
})

test('does not begin during a run, in a trial or without containerd, and is ended by a run', async () => {
  const { keeper, state, tick } = scene()
  state.isBusy = true
  await tick()
  state.isBusy = false
  state.isOnTrial = true
  await tick()
  state.isOnTrial = false
  state.pinned = undefined
  await tick()
  expect(state.started).toBe(0)
  state.pinned = ALL
  state.hang = new Promise(() => undefined)
  await tick()
  expect([state.started, state.wasAborted]).toEqual([1, false])
  expect(keeper.isAtWork(), 'it downloads with the key of the node, which must not be retired meanwhile').toBe(true)
  await keeper.pause()
  expect(keeper.isAtWork()).toBe(false)
  expect(state.wasAborted).toBe(true)
})

test('a new list ends the pause, also one that arrives while images are kept', async () => {
  const stop = new AbortController()
  const starts: number[] = []
  let list = 1
  let release: () => void = () => undefined
  const keeper = imageKeeper({
    link: { open: () => undefined },
    isOnTrial: () => false,
    provisioned: () => `node ${list}`,
    listPinned: async () => ALL,
    async keep(onReport) {
      starts.push(list)
      await new Promise<void>((resolve) => {
        release = resolve
      })
      onReport({ ...KEPT, hasNews: true })
    },
    onChange: () => undefined,
    log: () => undefined,
    // It ends only if it is aborted.
    sleep: (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    signal: stop.signal,
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  keeper.lookNow()
  await turn()
  expect(starts).toEqual([1])
  list = 2
  keeper.lookNow()
  release()
  await turn()
  expect(starts).toEqual([1, 2])
  release()
  await turn()
  expect(starts).toEqual([1, 2])
  stop.abort()
})

test('an image that people added and that cannot be brought is told once, and tried again', async () => {
  const { state, tick, changes, logs } = scene()
  state.hang = Promise.resolve()
  const why = { code: 'images/node-full', message: 'found 1 MiB', fix: 'make room' }
  state.answers = [{ ...KEPT, failed: why, hasNews: true }]
  expect([await tick(), await tick(), await tick()]).toEqual([60_000, 120_000, 240_000])
  expect(logs).toEqual(['warn: cannot bring images that were added, retrying: found 1 MiB (images/node-full)'])
  expect(changes.length).toBe(state.started)
  state.answers = [KEPT]
  expect(await tick()).toBe(30_000)
})
