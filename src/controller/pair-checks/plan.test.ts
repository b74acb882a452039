import { expect, test } from 'vitest'
import { manyNodes, nodeOf } from '../../../test/support/pair-checks/nodes.ts'
import { isMaster, type PairNode } from './needs.ts'
import { ordersOf } from './orders.ts'
import { planPairs } from './plan.ts'
import { pairKey } from './reach.ts'

const names = (dials: readonly { from: PairNode; to: PairNode }[]) =>
  dials.map(({ from, to }) => `${from.name} ${to.name}`)

test.each([
  ['flannel', ['10250/tcp', '8472/udp'], ['6443/tcp', '8472/udp']],
  ['cilium', ['10250/tcp', '8472/udp'], ['6443/tcp', '8472/udp']],
  ['calico', ['10250/tcp', '179/tcp', '4789/udp'], ['6443/tcp', '179/tcp', '4789/udp']],
  ['none', ['10250/tcp'], ['6443/tcp']],
] as const)('with %s a master and a worker dial what they need of each other', (cni, down, up) => {
  const [m, w] = [nodeOf('m', ['master']), nodeOf('w', ['worker'])]
  const { rounds, possiblePairs } = planPairs([m, w], cni, 'seed')
  expect(possiblePairs).toBe(1)
  expect(rounds.flat().map(({ from, ports }) => [from.name, ports])).toEqual([
    ['m', down],
    ['w', up],
  ])
})

test('masters dial each other on the API, etcd, the kubelet and the pod network, both ways', () => {
  const [a, b] = [nodeOf('a', ['master', 'worker']), nodeOf('b', ['master', 'worker'])]
  const all = ['6443/tcp', '2379/tcp', '2380/tcp', '10250/tcp', '8472/udp']
  expect(
    planPairs([a, b], 'flannel', 'seed')
      .rounds.flat()
      .map(({ ports }) => ports),
  ).toEqual([all, all])
})

test('nodes that hand on pieces dial the port for it, unless Kubernetes runs there', () => {
  const nodes = [nodeOf('a', ['worker']), nodeOf('b', ['worker']), nodeOf('c', ['worker'])].map((node) => ({
    ...node,
    handsOn: node.name !== 'c',
  }))
  const dials = (of: readonly PairNode[]) =>
    planPairs(of, 'none', 'seed').rounds.flatMap((round) =>
      round.map(({ from, to, ports }) => [from.name, to.name, ports]),
    )
  expect(dials(nodes)).toEqual([
    ['a', 'b', ['7444/tcp']],
    ['b', 'a', ['7444/tcp']],
  ])
  expect(dials(nodes.map((node) => ({ ...node, isTaken: node.name === 'b' })))).toEqual([['b', 'a', ['7444/tcp']]])
})

test('nodes that need nothing of each other are left alone', () => {
  const workers = [nodeOf('a', ['worker']), nodeOf('b', [])]
  expect(planPairs(workers, 'none', 'seed').rounds).toEqual([])
})

test('few nodes check every pair, both ways', () => {
  const { rounds, possiblePairs } = planPairs(manyNodes(16, 3), 'flannel', 'seed')
  expect(rounds.flat()).toHaveLength(2 * possiblePairs)
})

test.each([
  [100, 1],
  [100, 3],
  [200, 5],
])('of %i nodes with %i masters each is in several pairs, both ways, and in few at a time', (count, masters) => {
  const nodes = manyNodes(count, masters)
  const { rounds, possiblePairs } = planPairs(nodes, 'flannel', 'seed')
  const dials = rounds.flat()
  const known = new Set(names(dials))
  expect(known.size).toBe(dials.length)
  for (const { from, to } of dials) expect(known.has(`${to.name} ${from.name}`)).toBe(true)
  for (const node of nodes) {
    const out = dials.filter(({ from }) => from === node)
    expect(out.length).toBeGreaterThanOrEqual(4)
    expect(out.some(({ to }) => isMaster(to) && to !== node)).toBe(!isMaster(node) || masters > 1)
  }
  const pairsOfMasters = new Set(
    dials.filter(({ from, to }) => isMaster(from) && isMaster(to)).map(({ from, to }) => pairKey(from, to)),
  )
  expect(pairsOfMasters.size).toBe((masters * (masters - 1)) / 2)
  expect(dials.length / 2).toBeLessThan(possiblePairs / 10)
  for (const round of rounds) {
    for (const end of ['from', 'to'] as const) {
      const load = [...Map.groupBy(round, (dial) => dial[end].id).values()].map(({ length }) => length)
      expect(Math.max(...load)).toBeLessThanOrEqual(16)
    }
  }
})

test('the same cluster gets the same sample, another one another', () => {
  const nodes = manyNodes(60, 3)
  const plan = (seed: string, of = nodes) => names(planPairs(of, 'flannel', seed).rounds.flat())
  expect(plan('a', nodes.toReversed()).sort()).toEqual(plan('a').sort())
  expect(plan('b')).not.toEqual(plan('a'))
})

test('with thousands of nodes the orders keep within their bounds', async () => {
  const { PairCheckOrder } = await import('../../protocol/wire/pair-check.ts')
  const plan = planPairs(manyNodes(3_000, 3), 'flannel', 'seed')
  const orders = ordersOf(plan, 'p-abcdefghij', new Date('2026-01-01'))
  expect(orders).toHaveLength(3_000)
  for (const order of orders) expect(PairCheckOrder.safeParse(order).error).toBeUndefined()
})

test('a node listens on what others dial, for those alone, and not at all where Kubernetes is', () => {
  const [m, w] = [nodeOf('m', ['master']), { ...nodeOf('w', ['worker']), isTaken: true }]
  const [master, worker] = ordersOf(planPairs([m, w], 'flannel', 's'), 'p-abcdefghij', new Date('2026-01-01'))
  expect(master).toMatchObject({
    node: m.id,
    address: m.address,
    listen: true,
    ports: ['6443/tcp', '8472/udp'],
    peers: [{ node: w.id, address: w.address }],
    rounds: [[{ node: w.id, address: w.address, ports: ['10250/tcp', '8472/udp'] }]],
  })
  expect(worker).toMatchObject({ node: w.id, listen: false, ports: ['10250/tcp', '8472/udp'] })
})
