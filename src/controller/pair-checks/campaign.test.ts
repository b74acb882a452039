import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { manyNodes, nodeOf } from '../../../test/support/pair-checks/nodes.ts'
import { type SimulatedNetwork, simulate } from '../../../test/support/pair-checks/simulated-network.ts'
import { seededRandom } from '../../../test/support/random.ts'
import type { PairCheckDown } from '../../protocol/wire/pair-check.ts'
import { Campaign } from './campaign.ts'
import { planPairs } from './plan.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
afterEach(() => void vi.useRealTimers())

/** All the time there is, a step at a time, until the work is over. */
async function inSimulatedTime<T>(work: Promise<T>): Promise<T> {
  let isOver = false
  const settled = work.finally(() => {
    isOver = true
  })
  while (!isOver) await vi.advanceTimersByTimeAsync(10)
  return settled
}

const HEALTHY: SimulatedNetwork = { linkMs: () => 20, roundTripMs: () => 0.4, reach: () => 'open' }

/** Nodes in several places, every tenth port shut, three nodes that say nothing, and one that stops to. */
function harsh(): SimulatedNetwork {
  const random = seededRandom(7)
  return {
    linkMs: () => 20 + 180 * random(),
    roundTripMs: () => 0.5 + 120 * random() ** 4,
    reach: () => (random() < 0.1 ? 'filtered' : 'open'),
    silentFromMs: ({ name }) => (['node-4', 'node-40', 'node-90'].includes(name) ? 0 : name === 'node-7' ? 6_000 : 1e9),
  }
}

test.each([
  ['one master', 1],
  ['three masters', 3],
  ['seven masters', 7],
])('100 nodes with %s: planned, dialled and answered within 30 s', async (_, masters) => {
  const plan = planPairs(manyNodes(100, masters), 'flannel', 'seed')
  const dials = plan.rounds.flat()
  const healthy = await inSimulatedTime(simulate(plan, HEALTHY))
  expect(healthy.ms).toBeLessThan(5_000)
  for (const { from, to } of dials) expect(healthy.answers.get(from.id)?.dialled.has(to.id)).toBe(true)
  // An order, its answer, the end and its answer; then a word and an answer for each round that a node dials in.
  const goes = plan.rounds.reduce((sum, round) => sum + new Set(round.map(({ from }) => from.id)).size, 0)
  expect(healthy.messages).toBe(4 * 100 + 2 * goes)

  const { answers, ms } = await inSimulatedTime(simulate(plan, harsh()))
  expect(ms).toBeGreaterThan(5_000)
  expect(ms).toBeLessThan(30_000)
  const silent = plan.nodes.filter(({ id }) => answers.get(id)?.ports === undefined).map(({ name }) => name)
  expect(silent).toEqual(['node-4', 'node-40', 'node-90'])
  const speaking = dials.filter(({ from }) => ![...silent, 'node-7'].includes(from.name))
  for (const { from, to } of speaking) expect(answers.get(from.id)?.dialled.has(to.id)).toBe(true)
})

test('3,000 nodes: the check ends before the nodes close their ports on their own', async () => {
  const plan = planPairs(manyNodes(3_000, 3), 'flannel', 'seed')
  const { ms } = await inSimulatedTime(simulate(plan, { ...HEALTHY, linkMs: () => 300, reach: () => 'filtered' }))
  expect(ms).toBeLessThan(120_000)
}, 60_000)

const plan = planPairs([nodeOf('a', ['master']), nodeOf('b', ['worker'])], 'flannel', 'seed')

function watched(signal = new AbortController().signal) {
  const sent: string[] = []
  const campaign = new Campaign({
    plan,
    check: 'p-abcdefghij',
    sign: (order) => ({ payload: JSON.stringify(order), signature: 'x' }),
    send(node: string, body: PairCheckDown) {
      sent.push(`${plan.nodes.find(({ id }) => id === node)?.name} ${body.say}`)
      return true
    },
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    signal,
  })
  return { campaign, sent }
}

test('an aborted check makes every node close its ports', async () => {
  const abort = new AbortController()
  const { campaign, sent } = watched(abort.signal)
  const run = campaign.run()
  const rejected = expect(run).rejects.toThrow('gone')
  await vi.advanceTimersByTimeAsync(100)
  abort.abort(new Error('gone'))
  await rejected
  expect(sent).toEqual(['a order', 'b order', 'a end', 'b end'])
})

test('ignores unexpected messages: out of turn, of another round, or repeated', async () => {
  const { campaign } = watched()
  const [a] = plan.nodes
  const peers = [{ node: plan.nodes[1]?.id ?? '', ports: [] }]
  const id = a?.id ?? ''
  const check = 'p-abcdefghij'
  const run = campaign.run()
  campaign.receive(id, { say: 'dialled', check, round: 0, peers })
  campaign.receive('n-zzzzzzzzzz', { say: 'heard', check, peers: [] })
  await vi.advanceTimersByTimeAsync(5_000)
  campaign.receive(id, { say: 'dialled', check, round: 1, peers })
  await vi.advanceTimersByTimeAsync(10_000)
  expect((await run).get(id)).toEqual({ dialled: new Map() })
})
