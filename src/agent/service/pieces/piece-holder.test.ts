import { expect, test } from 'vitest'
import { pieceHolder } from './piece-holder.ts'

const DONE = { isDone: true, how: '', said: '' }

function scene() {
  const state = { isBusy: false, isProvisioned: true, isInUse: false, end: DONE }
  const [started, logs]: [string[], string[]] = [[], []]
  let finish: () => void = () => undefined
  const holder = pieceHolder({
    link: { open: () => (state.isBusy ? ({} as never) : undefined) },
    isProvisioned: () => state.isProvisioned,
    isInUse: () => state.isInUse,
    async handOn(bundle, signal) {
      started.push(bundle)
      await new Promise<void>((resolve) => {
        finish = resolve
        signal.addEventListener('abort', () => resolve())
      })
      return state.end
    },
    log: (level, text) => logs.push(`${level}: ${text}`),
    signal: new AbortController().signal,
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return { state, holder, started, logs, finish: () => finish(), turn }
}

test('one process at a time hands on pieces', async () => {
  const { holder, started, finish, turn } = scene()
  holder.called('a')
  holder.called('a')
  expect(started).toEqual(['a'])
  finish()
  await turn()
  holder.called('b')
  expect(started).toEqual(['a', 'b'])
})

test.each([
  ['a run', { isBusy: true }],
  ['another process that uses the port', { isInUse: true }],
  ['no Kubernetes', { isProvisioned: false }],
])('with %s it does not begin', async (_, change) => {
  const { state, holder, started } = scene()
  Object.assign(state, change)
  holder.called('a')
  expect(started).toEqual([])
})

test('a run ends it, which is no failure; a failure is told', async () => {
  const { state, holder, started, logs, finish, turn } = scene()
  state.end = { isDone: false, how: 'it ended with SIGTERM', said: 'why' }
  holder.called('a')
  await holder.pause()
  expect([started, logs]).toEqual([['a'], []])
  await holder.pause()
  holder.called('a')
  finish()
  await turn()
  expect(logs).toEqual(['warn: the process that hands on pieces failed: it ended with SIGTERM: why'])
})
