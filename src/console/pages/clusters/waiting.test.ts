import { expect, test } from 'vitest'
import type { ClusterHead } from '../../data/queries.ts'
import { waitingOf } from './waiting.ts'

const AT = '2026-01-01T00:00:00.000Z'
const LATER = '2026-01-01T01:00:00.000Z'
const CLUSTER = {
  ...{
    state: 'PROVISIONING',
    error: null,
    problems: [],
    waitingFor: null,
    upgrade: null,
    stages: [],
    unknownSince: null,
  },
} as unknown as ClusterHead
const node = (name: string, values: object = {}) =>
  ({
    id: `n-${name}`,
    name,
    state: 'PROVISIONING',
    error: null,
    step: null,
    waitingFor: null,
    run: null,
    ...values,
  }) as never
const ERROR = { code: 'x', message: 'the disk\n  is full\n', fix: '' }

test('an error of a node comes first, with the node and its time', () => {
  const nodes = [node('a', { waitingFor: 'etcd' }), node('b', { error: ERROR, run: { endedAt: AT } })]
  expect(waitingOf(CLUSTER, nodes)).toMatchObject({
    text: 'the disk is full',
    node: { name: 'b' },
    since: AT,
    isProblem: true,
  })
})

test('a problem names its node, and since when it is there', () => {
  const problems = [{ code: 'x', node: 'a', message: 'disk pressure', since: AT, seenAt: LATER }]
  expect(waitingOf({ ...CLUSTER, state: 'DEGRADED', problems }, [node('a')])).toMatchObject({
    ...{ text: 'disk pressure', node: { name: 'a' }, since: AT },
  })
})

test('a run that waits says for what and since when', () => {
  const nodes = [node('a', { waitingFor: 'the API server', run: { state: 'open', createdAt: AT } })]
  expect(waitingOf(CLUSTER, nodes)).toMatchObject({ text: 'the API server', node: { name: 'a' }, since: AT })
})

test('what people have to do is waited for too, and a READY cluster waits for nothing', () => {
  const stages = [{ name: 'approve', state: 'running' as const, startedAt: AT, endedAt: null }]
  expect(waitingOf({ ...CLUSTER, state: 'NEW', stages }, [])).toMatchObject({
    text: 'somebody to approve its nodes',
    since: AT,
  })
  expect(waitingOf({ ...CLUSTER, state: 'READY', stages }, [])).toBeUndefined()
})

test('of a cluster that is UNKNOWN it says that there is no report, and since when', () => {
  expect(waitingOf({ ...CLUSTER, state: 'UNKNOWN', unknownSince: AT }, [])).toEqual({
    ...{ text: 'no report from the cluster', since: AT, isProblem: true },
  })
})
