import { expect, it, test } from 'vitest'
import { facts } from '../../../../test/support/controller/agent.ts'
import { cluster, EARLY, member, node } from '../../../../test/support/controller/member.ts'
import { seededRandom } from '../../../../test/support/random.ts'
import type { NodeRules } from '../../../protocol/declaration/declaration.ts'
import { Match, type NodeRule } from '../../../protocol/declaration/rule.ts'
import type { Node } from '../records.ts'
import { placementsOf } from './assign.ts'
import { followingsOf } from './follow.ts'
import { expectedMasters, provisioningOf } from './provision.ts'
import { matcherOf, traitsOf } from './traits.ts'

const rule = (match: Match, roles: NodeRule['roles'], more: Partial<NodeRule> = {}): NodeRule => ({
  match,
  roles,
  ...more,
})
const ruled = (nodes: NodeRule[], provision: NodeRules['provision'] = 'automatically') =>
  cluster({ rules: { provision, nodes } })
const fresh = (name: string, changes: Partial<Node> = {}) =>
  node({
    ...{ id: `n-${name}`, name, state: 'DISCOVERED', roles: [], interface: null, approvedAt: null, configuredAt: null },
    ...changes,
  })
const approved = (name: string, changes: Partial<Node> = {}) =>
  fresh(name, { state: 'APPROVED', approvedAt: EARLY, facts, ...changes })
const ANY = { hostname: '*' }

const one = fresh('cp-1', {
  address: '10.1.0.7',
  machine: { machineId: 'a'.repeat(32), serial: 'S-1', macs: ['52:54:00:00:00:01'], labels: { line: 'a', rack: '' } },
})

test.each<[string, Match, boolean]>([
  ['hostname', { hostname: 'cp-[1-3]' }, true],
  ['one of several', { hostname: ['x', 'cp-1'] }, true],
  ['machineId', { machineId: 'a'.repeat(32) }, true],
  ['another machineId', { machineId: 'b'.repeat(32) }, false],
  ['serial', { serial: 'S-1' }, true],
  ['serial in another case', { serial: 's-1' }, false],
  ['mac', { mac: '52:54:00:00:00:01' }, true],
  ['address', { address: '10.1.0.7' }, true],
  ['range', { address: '10.1.0.0/24' }, true],
  ['another range', { address: ['10.2.0.0/24', 'fd00::/8'] }, false],
  ['label', { label: { line: 'a' } }, true],
  ['a label without value', { label: { rack: '' } }, true],
  ['all of them', { hostname: 'cp-1', label: { line: 'a' }, serial: 'S-1' }, true],
  ['all but one', { hostname: 'cp-1', label: { line: 'b' }, serial: 'S-1' }, false],
])('%s', (_, match, expected) => {
  expect(Match.parse(match)).toEqual(match)
  expect(matcherOf(match)(traitsOf(one))).toBe(expected)
})

it('trusts the facts of a node more than what it said before', () => {
  const now = { ...one, facts: { ...facts, serial: 'S-2' } }
  expect(matcherOf({ serial: 'S-1' })(traitsOf(now))).toBe(false)
  expect(matcherOf({ serial: 'S-2', mac: '02:00:00:00:00:02', address: '10.1.0.1' })(traitsOf(now))).toBe(true)
})

test('the first rule that matches and has room', () => {
  const rules = ruled([rule(ANY, ['master'], { count: 2 }), rule({ hostname: 'x-*' }, ['worker'], { count: 1 })])
  const nodes = [approved('x-1'), approved('x-2'), approved('x-3'), approved('x-4'), approved('y')]
  const found = [...placementsOf(rules, nodes).entries()].map(([id, { kind, rule: number }]) => [id, kind, number])
  expect(found).toEqual([
    ['n-x-1', 'followed', 1],
    ['n-x-2', 'followed', 1],
    ['n-x-3', 'followed', 2],
    ['n-x-4', 'surplus', null],
    ['n-y', 'surplus', null],
  ])
})

test('whoever is configured stays: a node that comes earlier in the alphabet or the file changes nothing', () => {
  const rules = ruled([rule(ANY, ['master'], { count: 1 }), rule(ANY, ['worker'])])
  const master = node({
    id: 'n-z',
    name: 'z',
    roles: ['master'],
    state: 'READY',
    ruling: 'followed',
    interface: 'eth0',
  })
  const placements = placementsOf(rules, [approved('a'), master])
  expect(placements.get('n-z')?.rule).toBe(1)
  expect(placements.get('n-a')?.rule).toBe(2)
})

test('when a master leaves, no worker that has Kubernetes takes its place', () => {
  const rules = ruled([rule(ANY, ['master'], { count: 1 }), rule(ANY, ['worker'])])
  const worker = node({ id: 'n-w', name: 'w', roles: ['worker'], state: 'READY', ruling: 'followed' })
  expect(placementsOf(rules, [worker]).get('n-w')).toMatchObject({ kind: 'followed', rule: 2 })
})

test('what a person configured otherwise is told, and not changed', () => {
  const rules = ruled([rule({ hostname: 'one' }, ['worker'], { interface: 'eth1' }), rule(ANY, ['master', 'worker'])])
  const following = followingsOf(rules, [node()]).get(node().id)
  expect(following).toEqual({
    ...{ kind: 'other', rule: null, decision: null },
    problem: 'it is configured as master,worker at eth0; rule 1 says worker at eth1',
  })
})

test('what the rules configured follows them until it is provisioned', () => {
  const before = node({ ruling: 'followed', roles: ['worker'], facts })
  const rules = ruled([rule(ANY, ['master'])])
  expect(followingsOf(rules, [before]).get(before.id)?.decision).toMatchObject({
    kind: 'configure',
    to: { roles: ['master'] },
  })
  const ready = { ...before, state: 'READY' as const }
  expect(followingsOf(rules, [ready]).get(ready.id)).toMatchObject({ kind: 'other', decision: null })
})

test.each<[string, NodeRule, Node[], string | undefined]>([
  ['approved by its rule', rule(ANY, ['worker'], { approve: 'automatically' }), [fresh('a')], undefined],
  [
    'by a person',
    rule(ANY, ['worker']),
    [fresh('a')],
    'its rule does not approve it automatically; wanted: controller node approve a',
  ],
  [
    'never the second one of a name',
    rule(ANY, ['worker'], { approve: 'automatically' }),
    [fresh('a'), approved('a', { id: 'n-other' })],
    'node n-other already has the name a; look which one it is, then: controller node approve n-a --replace n-other',
  ],
  [
    'after a reset by a person',
    rule(ANY, ['worker'], { approve: 'automatically' }),
    [fresh('a', { approvedAt: EARLY })],
    'it was reset; wanted: controller node approve a',
  ],
  [
    'held',
    rule(ANY, ['worker'], { approve: 'automatically' }),
    [fresh('a', { ruling: 'held' })],
    'it was reset: configure it by hand, or apply the file again',
  ],
  [
    'no rule',
    rule({ hostname: 'b' }, ['worker']),
    [one],
    'no rule of cluster demo matches: hostname cp-1, serial S-1, mac 52:54:00:00:00:01, address 10.1.0.7, labels line=a rack=',
  ],
  ['without facts', rule(ANY, ['worker']), [approved('a', { facts: null })], 'it has not reported its facts yet'],
  [
    'without the interface',
    rule(ANY, ['worker'], { interface: 'eno9' }),
    [approved('a')],
    'node a has no interface eno9; it has: eth0, eth1',
  ],
])('%s', (_, only, nodes, problem) => {
  const following = followingsOf(ruled([only]), nodes).get(nodes[0]?.id ?? '')
  expect(following?.problem ?? undefined).toBe(problem)
  expect(following?.decision === null).toBe(problem !== undefined)
})

test('of two new nodes with one name, the first is approved', () => {
  const nodes = [fresh('a', { id: 'n-1' }), fresh('a', { id: 'n-2' })]
  const followings = followingsOf(ruled([rule(ANY, ['worker'], { approve: 'automatically' })]), nodes)
  expect(nodes.map(({ id }) => followings.get(id)?.decision?.kind)).toEqual(['approve', undefined])
})

test('no more than a hundred wait approved', () => {
  const nodes = Array.from({ length: 130 }, (_, at) => fresh(`n${at}`))
  const followings = followingsOf(ruled([rule(ANY, ['worker'], { approve: 'automatically' })]), nodes)
  expect([...followings.values()].filter(({ decision }) => decision !== null)).toHaveLength(100)
})

test.each<[NodeRule[], number | undefined]>([
  [[rule({ hostname: 'cp-[1-3]' }, ['master'])], 3],
  [[rule({ hostname: ['cp-1', 'cp-2'] }, ['master']), rule({ serial: 'x' }, ['master', 'worker'])], 3],
  [[rule(ANY, ['master'], { count: 5 })], 5],
  [[rule({ hostname: 'cp-[1-5]' }, ['master'], { count: 3 })], 3],
  [[rule({ hostname: '*', machineId: 'a'.repeat(32) }, ['master'])], 1],
  [[rule({ address: ['10.0.0.1', '10.0.0.2'] }, ['master'])], 2],
  [[rule({ address: '10.0.0.0/24' }, ['master'])], undefined],
  [[rule({ label: { a: 'b' } }, ['master'])], undefined],
  [[rule(ANY, ['worker'])], 0],
])('%j: %s masters', (rules, expected) => {
  expect(expectedMasters(rules)).toBe(expected)
})

const configured = (name: string, roles: Node['roles'], changes: Partial<Node> = {}) =>
  member({ ...node({ id: `n-${name}`, name, roles, ruling: 'followed', facts }), ...changes })
const THREE = ruled([rule({ hostname: 'cp-[1-3]' }, ['master']), rule(ANY, ['worker'])])
const masters = ['cp-1', 'cp-2', 'cp-3'].map((name) => configured(name, ['master']))
const decide = (of: typeof THREE, members: typeof masters, hasBundle = true) =>
  provisioningOf({ cluster: of, members }, () => hasBundle)

test('a cluster starts when it has all its masters', () => {
  const workers = [configured('w', ['worker'])]
  expect(decide(THREE, [...masters.slice(0, 2), ...workers])).toEqual({ decision: null, waitingFor: '1 of 3 masters' })
  expect(decide(THREE, [...masters, ...workers])).toEqual({ decision: { kind: 'start' }, waitingFor: null })
  expect(decide(THREE, masters, false).waitingFor).toMatch(
    /^a bundle of Kubernetes v1\.\d+\.\d+ for x64 \(node cp-1\)$/,
  )
  expect(decide({ ...THREE, rules: { nodes: [], provision: 'manually' } }, masters)).toEqual({
    decision: null,
    waitingFor: null,
  })
})

test('then workers join as they come, and further masters when all are there', () => {
  const up = { ...THREE, desired: 'provision' as const, attempt: 1 }
  const ready = masters.map((each) => ({ ...each, node: { ...each.node, state: 'READY' as const, attempt: 1 } }))
  const late = configured('w', ['worker'], { attempt: 1 })
  expect(decide(up, [...ready, late]).decision).toEqual({ kind: 'admit', nodeIds: ['n-w'] })
  const five = {
    ...up,
    rules: { provision: 'automatically' as const, nodes: [rule({ hostname: 'cp-[1-5]' }, ['master'])] },
  }
  const fourth = configured('cp-4', ['master'], { attempt: 1 })
  expect(decide(five, [...ready, fourth])).toEqual({ decision: null, waitingFor: '1 of 5 masters' })
  expect(decide({ ...up, desired: 'reset' }, [...ready, late])).toEqual({ decision: null, waitingFor: null })
})

test('nothing that a person configured is provisioned by the rules', () => {
  const up = { ...THREE, desired: 'provision' as const, attempt: 1 }
  expect(decide(up, [configured('w', ['worker'], { attempt: 1, ruling: 'open' })]).decision).toBe(null)
})

test('the decisions do not depend on the order in which nodes are listed', () => {
  const rules = ruled([rule({ hostname: 'x-*' }, ['master'], { count: 3 }), rule(ANY, ['worker'], { count: 4 })])
  const nodes = Array.from({ length: 12 }, (_, at) =>
    approved(`x-${at}`, { approvedAt: `2026-01-01T00:00:${String(at % 5).padStart(2, '0')}.000Z` }),
  )
  const expected = placementsOf(rules, nodes)
  const random = seededRandom(4)
  for (let round = 0; round < 20; round++) {
    const shuffled = nodes.toSorted(() => random() - 0.5)
    expect(Object.fromEntries(placementsOf(rules, shuffled))).toEqual(Object.fromEntries(expected))
  }
})

test('a rule labels the nodes that it configures; what a person set for a node comes first', () => {
  const rules = ruled([rule(ANY, ['worker'], { labels: { rack: '7', line: 'a' } })])
  const nodes = [approved('w1'), approved('w2', { labels: { rack: '8' } })]
  const decisions = [...followingsOf(rules, nodes).values()].map(({ decision }) => decision)
  const labels = decisions.map((decision) => (decision?.kind === 'configure' ? decision.to.labels : null))
  expect(labels).toEqual([
    { rack: '7', line: 'a' },
    { rack: '8', line: 'a' },
  ])
})
