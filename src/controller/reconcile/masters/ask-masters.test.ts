import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cluster, member } from '../../../../test/support/controller/member.ts'
import type { OperationOrder, OperationOutcome } from '../../../protocol/wire/operation.ts'
import {
  checkUpgradeTo,
  drainOf,
  ETCD_STATUS,
  uncordonOf,
  type WantedOperation,
} from '../../domain/wanted-operation.ts'
import { Operations } from '../../live/operations.ts'
import { answersOf, askMasters } from './ask-masters.ts'

const TARGET = { name: 'w1', address: '10.0.0.9', role: 'worker' } as const
const DEADLINE = '2026-06-01T12:10:00.000Z'
const drain = drainOf(TARGET, { deadline: DEADLINE, onBlocked: 'wait' })

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] }))
afterEach(() => void vi.useRealTimers())

/** A cluster whose masters give these answers, one after another, and then the last one again. */
function scene(...answers: (OperationOutcome | undefined | Error)[]) {
  const asked: OperationOrder[] = []
  const logged: string[] = []
  const operations: Operations = Object.assign(new Operations(), {
    ask: async (_: unknown, masters: { id: string }[], order: OperationOrder) => {
      asked.push(order)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer instanceof Error) throw answer
      return answer && { master: masters[0], answer }
    },
  })
  const { node } = member({ state: 'READY' })
  const draft = { version: 1, cluster: cluster(), nodes: [node], runs: [], enrolments: [] }
  const ports = {
    operations,
    now: () => new Date(DEADLINE),
    startedAt: new Date(0),
    presence: { isConnected: () => true, lastContact: () => undefined },
    authority: {},
    log: (line: string) => void logged.push(line),
  } as unknown as Parameters<typeof askMasters>[0]
  const state = { wanted: [] as WantedOperation[], reconciled: 0 }
  const reconcile = async () => {
    state.reconciled += 1
    askMasters(ports, draft, state.wanted, reconcile)
  }
  const want = async (...wanted: WantedOperation[]) => {
    state.wanted = wanted
    await reconcile()
    state.reconciled = 0
    await vi.advanceTimersByTimeAsync(1)
  }
  const answerOf = (key: string) => answersOf({ operations }, draft.cluster.id).get(key)?.answer
  return { asked, logged, state, want, answerOf, operations }
}

const DONE: OperationOutcome = { outcome: 'done' }
const WAITS: OperationOutcome = { outcome: 'not-yet', waitingFor: 'pods' }

test('asks again until it is done, reconciles with each answer, and then no more', async () => {
  const { asked, want, answerOf, state } = scene(WAITS, WAITS, DONE)
  await want(drain)
  expect(answerOf('drain w1')).toEqual(WAITS)
  expect(asked).toEqual([{ operation: 'cordon-and-drain', target: TARGET, deadline: DEADLINE, onBlocked: 'wait' }])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(asked).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toHaveLength(3)
  expect(answerOf('drain w1')).toEqual(DONE)
  // With each of three answers, and before the second and the third request.
  expect(state.reconciled).toBe(5)
})

test('a status is asked for again when it was done', async () => {
  const { asked, want } = scene(DONE)
  await want(ETCD_STATUS)
  await vi.advanceTimersByTimeAsync(30_500)
  expect(asked).toHaveLength(4)
})

test('an operation under way is not asked for a second time; another order begins again', async () => {
  const { asked, want, answerOf } = scene(DONE)
  await want(drain, checkUpgradeTo('v1.37.2'))
  await want(drain)
  expect(asked).toHaveLength(2)
  await want(drainOf(TARGET, { deadline: DEADLINE, onBlocked: 'force' }))
  expect(asked).toHaveLength(3)
  await want(uncordonOf(TARGET))
  expect(asked.at(-1)).toEqual({ operation: 'uncordon', target: TARGET, onlyOwn: true })
  expect(answerOf('drain w1')).toBeUndefined()
})

test('what is not wanted any more ends, and its answer is forgotten', async () => {
  const { asked, want, answerOf, state, operations } = scene(WAITS)
  await want(drain)
  await want()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([asked.length, state.reconciled, answerOf('drain w1'), operations.wanted.size]).toEqual([1, 0, undefined, 0])
})

test('without a master it waits, and a failure is asked for again after a minute', async () => {
  const failed: OperationOutcome = { outcome: 'failed', error: { code: 'a/b', message: 'm', fix: 'f' } }
  const { asked, want, answerOf } = scene(undefined, failed, DONE)
  await want(drain)
  expect(answerOf('drain w1')).toEqual({ outcome: 'not-yet', waitingFor: 'a connected master' })
  await vi.advanceTimersByTimeAsync(2_500)
  expect(answerOf('drain w1')).toEqual(failed)
  await vi.advanceTimersByTimeAsync(50_000)
  expect(asked).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(answerOf('drain w1')).toEqual(DONE)
})

test('an error is logged, and does not end it', async () => {
  const { want, answerOf, logged } = scene(new Error('the database is away'), DONE)
  await want(drain)
  expect(logged.join()).toMatch(/^drain w1: .*the database is away/)
  await vi.advanceTimersByTimeAsync(61_000)
  expect(answerOf('drain w1')).toEqual(DONE)
})
