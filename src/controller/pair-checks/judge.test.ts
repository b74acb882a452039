import { expect, test } from 'vitest'
import { nodeOf } from '../../../test/support/pair-checks/nodes.ts'
import type { Dialled, PairPort, PortState, Reach, Timing } from '../../protocol/wire/pair-check.ts'
import type { NodeAnswers } from './campaign.ts'
import { judge } from './judge.ts'
import type { PairNode } from './needs.ts'
import { planPairs } from './plan.ts'

const [m, w, x] = [nodeOf('m', ['master']), nodeOf('w', ['worker']), nodeOf('x', ['worker'])]

interface Scene {
  nodes?: PairNode[]
  /** `w m 6443/tcp` → how that dial ended; all others are open. */
  reach?: Record<string, Reach>
  /** `m 8472/udp` → state; all others are open. */
  ports?: Record<string, PortState>
  timing?: Record<string, Partial<Timing>>
  /** `m w` → sizes that arrived; all others all. */
  sizes?: Record<string, number[]>
  without?: (answers: Map<string, NodeAnswers>) => void
}

/** The report on a cluster in the scene. */
function judged({ nodes = [m, w], reach = {}, ports = {}, timing = {}, sizes = {}, without }: Scene) {
  const plan = planPairs(nodes, 'flannel', 'seed')
  const dials = plan.rounds.flat()
  const answers = new Map<string, NodeAnswers>(nodes.map((node) => [node.id, { dialled: new Map(), received: [] }]))
  for (const { from, to, ports: dialled } of dials) {
    const pair = `${from.name} ${to.name}`
    const of = (port: PairPort) => reach[`${pair} ${port}`] ?? 'open'
    const result: Dialled = {
      node: to.id,
      ports: dialled.map((port) => ({ port, reach: of(port) })),
      timing: { roundTrips: 100, lost: 0, medianMs: 0.5, p99Ms: 1, offsetMs: 0, ...timing[pair] },
      sizes: { mtu: 1500, dontFragment: true, whole: [1500, 1450, 1400], answered: sizes[pair] ?? [1500] },
    }
    answers.get(from.id)?.dialled.set(to.id, result)
    const there = answers.get(to.id)
    if (!there) continue
    const states = dialled.map((port) => [port, { state: ports[`${to.name} ${port}`] ?? 'open' }] as const)
    there.ports = new Map([...(there.ports ?? []), ...states])
    there.firewall = { kind: 'nftables', input: ['inet site input'], output: ['inet site output'] }
    if (of('8472/udp') === 'open') {
      there.received?.push({ node: from.id, port: '8472/udp', packets: 100, sizes: sizes[pair] ?? [1500] })
    }
  }
  without?.(answers)
  return judge(plan, answers, [])
}

const short = (scene: Scene) =>
  judged(scene).findings.map(
    ({ verdict, kind, from, to, port, found }) => `${verdict} ${from.join(',')}>${to} ${port ?? kind}: ${found}`,
  )

test('healthy nodes result in no finding, and in measured values', () => {
  const report = judged({ nodes: [m, w, x] })
  expect(report).toEqual({
    nodes: 3,
    pairs: { checked: 3, fine: 3, of: 3 },
    latency: { medianMs: 0.5, p99Ms: 1 },
    clockSpreadMs: 0,
    findings: [],
    hardFailures: 0,
  })
})

test('a port that only makes downloads slower is a warning', () => {
  const nodes = [m, w].map((node) => ({ ...node, handsOn: true }))
  expect(short({ nodes })).toEqual([])
  expect(short({ nodes, reach: { 'w m 7444/tcp': 'filtered' } })).toEqual([
    'warn w>m 7444/tcp: filtered: no answer came back; the other direction is open',
  ])
})

test.each<[string, Scene, string[]]>([
  [
    'a port that is needed one way',
    { reach: { 'w m 6443/tcp': 'filtered' } },
    ['fail w>m 6443/tcp: filtered: no answer came back'],
  ],
  [
    'one direction of two',
    { reach: { 'w m 8472/udp': 'refused' } },
    ['fail w>m 8472/udp: refused: a firewall rejects it (RST or ICMP port unreachable); the other direction is open'],
  ],
  [
    'both directions',
    { reach: { 'w m 8472/udp': 'filtered', 'm w 8472/udp': 'unreachable' } },
    [
      'fail m>w 8472/udp: unreachable: a firewall or router reports it (ICMP), or there is no route; the other direction is blocked too',
      'fail w>m 8472/udp: filtered: no answer came back; the other direction is blocked too',
    ],
  ],
  [
    'one node for several',
    { nodes: [m, w, x], reach: { 'w m 6443/tcp': 'filtered', 'x m 6443/tcp': 'filtered' } },
    ['fail w,x>m 6443/tcp: filtered: no answer came back (2 of the 2 that dialled it)'],
  ],
  [
    'one for another alone',
    { nodes: [m, w, x], reach: { 'w m 6443/tcp': 'filtered' } },
    ['fail w>m 6443/tcp: filtered: no answer came back (1 of the 2 that dialled it)'],
  ],
  [
    'a program that listens on another address',
    { reach: { 'm w 10250/tcp': 'refused' }, ports: { 'w 10250/tcp': 'held' } },
    [
      'fail m>w 10250/tcp: refused: the program that uses the port listens on another address, or a firewall rejects it',
    ],
  ],
  [
    'nothing at all between two nodes, as one finding',
    {
      reach: {
        'm w 10250/tcp': 'filtered',
        'm w 8472/udp': 'filtered',
        'w m 6443/tcp': 'filtered',
        'w m 8472/udp': 'filtered',
      },
    },
    ['fail w>m path: they cannot reach each other on any port, in either direction'],
  ],
  [
    'a port of the kernel and one that Kubernetes left, which are not looked at',
    { ports: { 'w 8472/udp': 'held', 'm 6443/tcp': 'closed' } },
    [
      'skipped >w 8472/udp: already in use, by the kernel or a program',
      'skipped >m 6443/tcp: nothing listens on it, and Kubernetes may need it',
    ],
  ],
  [
    'a packet that is too large, only where small ones arrive',
    { nodes: [m, w, x], sizes: { 'm w': [1400], 'm x': [1400] }, reach: { 'm x 8472/udp': 'filtered' } },
    [
      'fail m>x 8472/udp: filtered: no answer came back (1 of the 2 that dialled it); the other direction is open',
      'fail m>w mtu: packets of 1500 bytes do not arrive unfragmented; the largest that arrives has 1400',
    ],
  ],
  [
    'packets of which none of the larger ones arrives',
    { sizes: { 'm w': [] } },
    ['fail m>w mtu: packets of 1500 bytes do not arrive unfragmented; smaller ones do'],
  ],
  [
    'a clock that is off, once, and not as often as it was met',
    {
      nodes: [m, w, x],
      timing: {
        'm x': { offsetMs: 12_000 },
        'x m': { offsetMs: -12_000 },
        'w x': { offsetMs: 12_010 },
        'x w': { offsetMs: -12_010 },
      },
    },
    ['fail w>x clock: its clock is 12 s ahead of that of w'],
  ],
  [
    'a clock that is a little off',
    { timing: { 'm w': { offsetMs: -400 }, 'w m': { offsetMs: 400 } } },
    ['warn w>m clock: its clock is 400 ms ahead of that of w'],
  ],
  [
    'masters that are far apart, in one line, and a worker that may be',
    {
      nodes: [m, nodeOf('n', ['master']), w],
      timing: {
        'm n': { medianMs: 120 },
        'n m': { medianMs: 120 },
        'm w': { medianMs: 120 },
        'w m': { medianMs: 120 },
      },
    },
    ['fail n>m latency: round trips of 120 ms (median), 1 ms (99th percentile)'],
  ],
  [
    'lost packets',
    { timing: { 'w m': { roundTrips: 90, lost: 10 } } },
    ['warn w>m latency: round trips of 0.5 ms (median), 1 ms (99th percentile); 10 of 100 packets were lost'],
  ],
  [
    'nodes that do not answer, refuse, cannot listen, or stop answering',
    {
      nodes: [m, w, x, nodeOf('y', ['worker']), nodeOf('z', ['worker'])],
      without(answers) {
        answers.set(w.id, { dialled: new Map() })
        answers.set(x.id, {
          dialled: new Map(),
          refused: { code: 'a', message: 'the order expired', fix: 'timedatectl' },
        })
        const [y, z] = [answers.get(nodeOf('y', []).id), answers.get(nodeOf('z', []).id)]
        y?.ports?.set('8472/udp', { state: 'failed', why: 'EADDRNOTAVAIL' })
        if (z) delete z.received
      },
    },
    [
      'fail >w node: it did not answer in time',
      'fail >x node: the order expired',
      'fail >y node: it cannot listen on 8472/udp: EADDRNOTAVAIL',
      'fail >z node: it stopped answering before the end',
    ],
  ],
])('reports %s', (_, scene, expected) => {
  expect(short(scene)).toEqual(expected)
})

test('counts pairs with a problem at either end, and hard ones apart from warnings', () => {
  const nodes = [m, w, x]
  const report = judged({
    nodes,
    reach: { 'w m 6443/tcp': 'filtered' },
    timing: { 'x m': { roundTrips: 50, lost: 50 } },
  })
  expect(report).toMatchObject({ pairs: { checked: 3, fine: 1, of: 3 }, hardFailures: 1 })
  expect(report.findings.map(({ verdict }) => verdict)).toEqual(['fail', 'warn'])
})
