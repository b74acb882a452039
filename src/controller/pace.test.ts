import { expect, it } from 'vitest'
import { openPace } from './pace.ts'

/** A clock whose timers run when the time is advanced; each decision takes `decisionMs`. */
function scene(decisionMs: number) {
  const timers: { atMs: number; work: () => void }[] = []
  const decided: { clusterId: string; atMs: number }[] = []
  let nowMs = 0
  const pace = openPace({
    async decide(clusterId) {
      decided.push({ clusterId, atMs: nowMs })
      nowMs += decisionMs
    },
    monotonicMs: () => nowMs,
    later: (ms, work) => void timers.push({ atMs: nowMs + ms, work }),
  })
  const pass = async (ms: number) => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs++) {
      for (const due of timers.splice(0)) {
        if (due.atMs <= nowMs) due.work()
        else timers.push(due)
      }
      for (let turn = 0; turn < 20; turn++) await undefined
    }
  }
  return { pace, decided, pass }
}

it('decides at once about news, and once about each cluster', async () => {
  const { pace, decided, pass } = scene(0)
  for (const each of ['a', 'b', 'a']) pace.due(each)
  await pass(1)
  expect(decided).toEqual([
    { clusterId: 'a', atMs: 0 },
    { clusterId: 'b', atMs: 0 },
  ])
})

it('rests four times as long as the decisions took, and forgets nothing', async () => {
  const { pace, decided, pass } = scene(50)
  pace.due('a')
  await pass(1)
  for (let news = 0; news < 100; news++) {
    pace.due('a')
    pace.due('b')
    await pass(1)
  }
  await pass(1_000)
  expect(decided).toEqual([
    { clusterId: 'a', atMs: 0 },
    { clusterId: 'a', atMs: 250 },
    { clusterId: 'b', atMs: 300 },
  ])
})

it('decides again about news that came during the decisions', async () => {
  const seen: string[] = []
  const pace = openPace({
    async decide(clusterId) {
      seen.push(clusterId)
      if (seen.length === 1) pace.due(clusterId)
    },
    monotonicMs: () => 0,
    later: (_, work) => work(),
  })
  pace.due('a')
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual(['a', 'a'])
})
