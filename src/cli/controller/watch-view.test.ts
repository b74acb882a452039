import { expect, it } from 'vitest'
import { ClusterSettings, type ClusterView, type NodeView } from '../../protocol/admin.ts'
import { drawing, statusLines } from './watch-view.ts'

const node = (changes: Partial<NodeView>): NodeView => ({
  id: 'n-aaaaaaaaaa',
  name: 'one',
  cluster: 'demo',
  state: 'PROVISIONING',
  roles: ['master'],
  address: '10.0.0.1',
  os: '',
  agentVersion: '',
  lastSeen: null,
  step: 'Starting etcd',
  fingerprint: '',
  connected: true,
  run: { id: 'r', role: 'first-master', state: 'open', done: 5, of: 20, createdAt: '', endedAt: null },
  error: null,
  ...changes,
})
const cluster = (nodes: NodeView[], waitingFor: string | null = null): ClusterView => ({
  id: 'c',
  name: 'demo',
  state: 'PROVISIONING',
  kubernetesVersion: 'v1.36.3',
  settings: ClusterSettings.parse({}),
  nodes,
  stages: [],
  waitingFor,
  pairs: null,
  error: null,
})

it('draws a line a node', () => {
  const seen = statusLines(cluster([node({}), node({ name: 'second', state: 'READY', step: null })]))
  expect(seen).toEqual([
    'demo: PROVISIONING',
    '  one     PROVISIONING  [#####               ] 5/20  Starting etcd',
    '  second  READY         ',
  ])
})

it('says what is waited for once no run goes on', () => {
  const run = { id: 'r', role: 'first-master', state: 'done', done: 20, of: 20, createdAt: '', endedAt: '' } as const
  expect(statusLines(cluster([node({ run })], 'the operator'))[0]).toBe('demo: PROVISIONING, waiting for the operator')
})

function recorder(isTTY: boolean) {
  const written: string[] = []
  const out = { isTTY, columns: 40, write: (text: string) => written.push(text) > 0 }
  return { view: drawing(out as unknown as NodeJS.WriteStream), written }
}

it('redraws in place on a terminal, within its width', () => {
  const { view, written } = recorder(true)
  view.draw(cluster([node({})]))
  view.tell(['done'])
  view.draw(cluster([node({})]))
  const drawn = 'demo: PROVISIONING\n  one  PROVISIONING  [#####            \n'
  expect(written).toEqual([drawn, '\x1b[2A\x1b[0J', 'done\n', drawn])
})

it('writes whole lines elsewhere, and a state once', () => {
  const { view, written } = recorder(false)
  view.draw(cluster([]))
  view.draw(cluster([]))
  view.tell(['etcd: done'])
  expect(written).toEqual(['cluster demo is PROVISIONING\n', 'etcd: done\n'])
})
