import { expect, test } from 'vitest'
import { node as nodeWith, run as runWith } from '../../../../test/support/controller/member.ts'
import { unavailableOf } from '../max-unavailable.ts'
import type { Member } from '../situation.ts'
import { cancelled, directUpdate, isOver, type Sight, updateState } from './agent-update.ts'
import type { AgentUpdate, NodeUpdate } from './record.ts'

const IDS = ['n-1', 'n-2', 'n-3', 'n-4', 'n-5']

const member = (id: string, own: Partial<Member['node']> = {}, run: Member['run'] = null): Member => ({
  ...{ node: nodeWith({ id, name: id, silent: 'no', leaving: 'no', ...own }), run, repair: null, silentMs: 0 },
})

function update(states: Record<string, NodeUpdate['state']> = {}, own: Partial<AgentUpdate> = {}): AgentUpdate {
  return {
    ...{ version: '2.0.0', files: {}, canary: 1, maxUnavailable: 2, paused: false, attempt: 1 },
    ...{ startedAt: '', startedBy: 'local' },
    nodes: IDS.map((nodeId) => ({ nodeId, state: states[nodeId] ?? 'due', error: null })),
    ...own,
  }
}

const sight = (own: Partial<Sight> = {}): Sight => ({
  ...{ now: new Date(0), cluster: 'demo', members: IDS.map((id) => member(id)) },
  ...{ isUpgrading: false, isConnected: () => true, canUpdate: () => true },
  ...own,
})

const asked = (given: AgentUpdate, seen: Sight = sight()) =>
  directUpdate(given, seen).map(({ kind, nodeId }) => `${kind} ${nodeId}`)

test('one canary first, then so many at a time as may be unavailable', () => {
  expect(asked(update())).toEqual(['ask n-1'])
  expect(asked(update({ 'n-1': 'updating' }))).toEqual(['ask n-1'])
  expect(asked(update({ 'n-1': 'done' }))).toEqual(['ask n-2', 'ask n-3'])
  expect(asked(update({ 'n-1': 'done', 'n-2': 'updating', 'n-3': 'done' }))).toEqual(['ask n-2', 'ask n-4'])
  expect(asked(update({}, { canary: 3 }))).toEqual(['ask n-1', 'ask n-2', 'ask n-3'])
})

test('it stops at the first node whose former version came back; those that have begun end it', () => {
  const stopped = update({ 'n-1': 'done', 'n-2': 'failed', 'n-3': 'updating' })
  expect(asked(stopped)).toEqual(['ask n-3'])
  expect(updateState(stopped)).toBe('failed')
})

test('a paused update begins no further node', () => {
  expect(asked(update({ 'n-1': 'updating' }, { paused: true }))).toEqual(['ask n-1'])
})

test('it begins no further node while Kubernetes is upgraded', () => {
  expect(asked(update({ 'n-1': 'updating' }, { canary: 2 }), sight({ isUpgrading: true }))).toEqual(['ask n-1'])
})

test('silent nodes, leaving ones and nodes with an open run stay due, and the next one takes their turn', () => {
  const members = [
    member('n-1', { silent: 'suspect' }),
    member('n-2', { leaving: 'retire' }),
    member('n-3', {}, runWith({ state: 'open' })),
    member('n-4'),
    member('n-5'),
  ]
  expect(asked(update(), sight({ members }))).toEqual(['ask n-4'])
  expect(asked(update(), sight({ isConnected: (id) => id === 'n-5' }))).toEqual(['ask n-5'])
})

test('an agent that cannot update itself is passed over, with what to do', () => {
  const [passed, next] = directUpdate(update(), sight({ canUpdate: (id) => id !== 'n-1' }))
  expect(passed).toMatchObject({ kind: 'end', state: 'passed', error: { code: 'agent/update-needed' } })
  expect(next).toEqual({ kind: 'ask', nodeId: 'n-2' })
})

test('a node that is silent during its update stops it', () => {
  const members = [member('n-1', { silent: 'unreachable' }), ...IDS.slice(1).map((id) => member(id))]
  const decisions = directUpdate(update({ 'n-1': 'updating' }, { canary: 2 }), sight({ members }))
  expect(decisions).toMatchObject([{ kind: 'end', state: 'failed', error: { code: 'agent-update/silent' } }])
  expect(decisions).toMatchObject([
    { error: { fix: expect.stringMatching(/controller node update --cluster demo --resume$/) } },
  ])
})

test('a node that is no longer in the cluster is left out, even while the update is paused', () => {
  const members = IDS.slice(2).map((id) => member(id))
  const given = update({ 'n-1': 'updating' }, { paused: true })
  expect(directUpdate(given, sight({ members }))).toEqual([
    { kind: 'end', nodeId: 'n-1', state: 'passed', error: null },
    { kind: 'end', nodeId: 'n-2', state: 'passed', error: null },
  ])
})

test('an update of a node that has not ended within 30 minutes has failed', () => {
  const given = update({ 'n-1': 'updating' }, { canary: 2 })
  const nodes = given.nodes.map((each) => ({ ...each, begunAt: '2026-01-01T00:00:00.000Z' }))
  const at = (now: string) => directUpdate({ ...given, nodes }, sight({ now: new Date(now) }))
  expect(at('2026-01-01T00:29:59.000Z')).toMatchObject([{ kind: 'ask' }, { kind: 'ask', nodeId: 'n-2' }])
  expect(at('2026-01-01T00:30:00.000Z')).toMatchObject([
    { kind: 'end', nodeId: 'n-1', state: 'failed', error: { code: 'agent-update/too-long' } },
  ])
})

test('a cancelled update is over, whatever its nodes do; one that was done before stays done', () => {
  const given = cancelled(update({ 'n-1': 'done', 'n-2': 'updating', 'n-3': 'failed' }))
  expect(given.nodes.map(({ state }) => state)).toEqual(['done', 'passed', 'failed', 'passed', 'passed'])
  expect([updateState(given), isOver(given), asked(given)]).toEqual(['cancelled', true, []])
  const done = update(Object.fromEntries(IDS.map((id) => [id, 'done'])))
  expect(updateState(cancelled(done))).toBe('done')
})

test.each([
  ['10%', 5, 1],
  ['50%', 5, 2],
  ['100%', 5, 5],
  ['3', 5, 3],
])('%s of %i nodes are %i', (wanted, total, count) => expect(unavailableOf(wanted, total)).toBe(count))
