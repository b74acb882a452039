import { expect, it } from 'vitest'
import { DEFAULT_VERSIONS } from '../../../bundle/versions/sets.ts'
import type { ClusterView } from '../../../protocol/api/clusters.ts'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { isStuck } from './watch.ts'
import { statusLines, watchView } from './watch-view.ts'

const node = (changes: Partial<NodeView>): NodeView => ({
  id: 'n-aaaaaaaaaa',
  name: 'one',
  cluster: 'demo',
  createdAt: '',
  revision: 'r',
  state: 'PROVISIONING',
  roles: ['master'],
  rule: null,
  ruleProblem: null,
  address: '10.0.0.1',
  os: '',
  agentVersion: '',
  lastSeen: null,
  step: 'Starting etcd',
  waitingFor: null,
  fingerprint: '',
  serial: null,
  joinedAt: null,
  connected: true,
  isCordoned: null,
  run: { id: 'r', role: 'first-master', repair: false, state: 'open', done: 5, of: 20, createdAt: '', endedAt: null },
  problems: [],
  error: null,
  ...changes,
})
const cluster = (nodes: NodeView[], waitingFor: string | null = null): ClusterView => ({
  id: 'c',
  name: 'demo',
  project: 'default',
  revision: 'r',
  state: 'PROVISIONING',
  unknownSince: null,
  kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
  settings: ClusterSettings.parse({}),
  nodes,
  stages: [],
  waitingFor,
  problems: [],
  pairs: null,
  agentUpdate: null,
  upgrade: null,
  error: null,
})

it('draws one line per node', () => {
  const seen = statusLines(cluster([node({}), node({ name: 'second', state: 'READY', step: null })]))
  expect(seen).toEqual([
    'demo: PROVISIONING',
    '  one     PROVISIONING  [#####               ] 5/20  Starting etcd',
    '  second  READY         ',
  ])
})

const run = {
  id: 'r',
  role: 'first-master',
  repair: false,
  state: 'done',
  done: 20,
  of: 20,
  createdAt: '',
  endedAt: '',
} as const

it('shows what the cluster waits for when no run is open', () => {
  expect(statusLines(cluster([node({ run })], 'the operator'))[0]).toBe('demo: PROVISIONING, waiting for the operator')
})

it('shows it also when the only open run is on an unreachable node', () => {
  const nodes = [node({ run }), node({ name: 'two', state: 'UNREACHABLE' })]
  expect(statusLines(cluster(nodes, 'node two'))[0]).toBe('demo: PROVISIONING, waiting for node two')
  expect(statusLines(cluster([...nodes, node({ name: 'three' })], 'node two'))[0]).toBe('demo: PROVISIONING')
})

it('shows the problem of a DEGRADED cluster', () => {
  const problem = { code: 'dns/no-answer', node: null, message: 'DNS\x07 is silent', since: '', seenAt: '' }
  const degraded = {
    ...cluster([node({ state: 'READY', run })]),
    state: 'DEGRADED' as const,
    problems: [problem, problem],
  }
  expect(statusLines(degraded)[0]).toBe('demo: DEGRADED: DNS  is silent (and 1 more)')
  const repaired = { ...degraded, waitingFor: 'the repair of m1' }
  expect(statusLines(repaired)[0]).toBe('demo: DEGRADED: DNS  is silent (and 1 more), waiting for the repair of m1')
})

it('shows nodes that are not READY first when there is no room for all', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name) => node({ name, state: 'READY', step: null }))
  const seen = statusLines(cluster([...nodes, node({ name: 'e' })]), 4)
  expect(seen.map((line) => line.trim().replace(/ .*/, ''))).toEqual(['demo:', 'e', 'a', '…'])
  expect(seen[3]).toBe('  … and 3 more')
  expect(statusLines(cluster(nodes), 5)).toHaveLength(5)
  expect(statusLines(cluster(nodes), 1)).toEqual(['demo: PROVISIONING'])
})

it('control characters in the texts of a node do not reach the terminal', () => {
  const seen = statusLines(cluster([node({ step: 'a\nb\x1b[2Jc' })], 'x\r\ny'))
  expect(seen.join('')).not.toMatch(/\p{Cc}/u)
})

function recorder(size: { isTTY: boolean; columns?: number; rows?: number }) {
  const written: string[] = []
  const out = { ...size, write: (text: string) => written.push(text) > 0 }
  return { view: watchView(out as unknown as NodeJS.WriteStream), written }
}

it('redraws in place on a terminal, within its width', () => {
  const { view, written } = recorder({ isTTY: true, columns: 40, rows: 24 })
  view.draw(cluster([node({})]))
  view.log(['done'])
  view.draw(cluster([node({})]))
  const drawn = 'demo: PROVISIONING\n  one  PROVISIONING  [#####            \n'
  expect(written).toEqual([drawn, '\x1b[2A\x1b[0J', 'done\n', drawn])
})

it('never draws more lines than the terminal has, so that they can be erased', () => {
  const { view, written } = recorder({ isTTY: true, columns: 40, rows: 10 })
  view.draw(cluster(Array.from({ length: 50 }, (_, at) => node({ name: `n${at}` }))))
  expect(written[0]?.split('\n')).toHaveLength(10)
  expect(written[0]).toContain('… and 43 more\n')
})

it.each([{}, { columns: 0, rows: 0 }])('a terminal of unknown size %j is taken as 80 by 24', (size) => {
  const { view, written } = recorder({ isTTY: true, ...size })
  view.draw(cluster([node({ step: 's'.repeat(200) })]))
  expect(written[0]?.split('\n').map((line) => line.length)).toEqual([18, 79, 0])
})

it('writes whole lines when it is not a terminal, and each state once', () => {
  const { view, written } = recorder({ isTTY: false })
  view.draw(cluster([]))
  view.draw(cluster([]))
  view.log(['etcd: done'])
  expect(written).toEqual(['cluster demo is PROVISIONING\n', 'etcd: done\n'])
})

it('writes what a node waits for whenever that changes', () => {
  const { view, written } = recorder({ isTTY: false })
  const seen = (waitingFor: string | null) => view.draw(cluster([node({ name: 'w1', waitingFor })]))
  for (const waitingFor of [null, 'master m1', 'master m1', 'pods\x07', null, 'master m1']) seen(waitingFor)
  expect(written.slice(1)).toEqual([
    'node w1: waiting for master m1\n',
    'node w1: waiting for pods \n',
    'node w1: waiting for master m1\n',
  ])
})

const problem = (message: string) => ({
  ...{ code: 'x', message, fix: '', node: null, since: '2026-01-31T14:00:00Z', seenAt: '2026-01-31T14:00:00Z' },
})
const degraded = (...messages: string[]): ClusterView => ({
  ...cluster([node({ state: 'READY', run: null, step: null })]),
  state: 'DEGRADED',
  problems: messages.map(problem) as ClusterView['problems'],
})

it('shows every problem of a DEGRADED cluster, each once while it lasts', () => {
  const written: string[] = []
  const view = watchView({ write: (text: string) => Boolean(written.push(text)) } as never)
  for (const seen of [degraded('disk', 'dns'), degraded('disk', 'dns'), degraded('dns', 'kubelet'), degraded('disk')])
    view.draw(seen)
  expect(written.filter((line) => line.startsWith('[!]'))).toEqual([
    '[!] disk\n',
    '[!] dns\n',
    '[!] kubelet\n',
    '[!] disk\n',
  ])
  expect(statusLines(degraded('disk', 'dns'))).toEqual([
    'demo: DEGRADED: disk (and 1 more)',
    '  [!] disk',
    '  [!] dns',
    '  one  READY         ',
  ])
})

it('is stuck while it is DEGRADED and no run is at work', () => {
  expect(isStuck(degraded('disk'))).toBe(true)
  expect(isStuck({ ...degraded('disk'), nodes: [node({})] })).toBe(false)
  expect(isStuck(cluster([]))).toBe(false)
})
