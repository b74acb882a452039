import { expect, test } from 'vitest'
import type { DrainView } from '../../../protocol/api/nodes/scheduling.ts'
import { untilDrained } from './until-drained.ts'

const DEADLINE = '2026-02-01T00:01:00.000Z'
const waiting = (own: Partial<DrainView> = {}): DrainView => ({
  ...{
    node: 'w1',
    deadline: DEADLINE,
    isDone: false,
    waitingFor: '2 pods of w1 to move to other nodes',
    held: [],
    isPastDeadline: false,
  },
  ...own,
})
const held = [{ namespace: 'shop', name: 'db-0', budgets: ['db'], reason: 'needs 3 healthy pods' }]

/** The answers of the controller, in order; the last one is repeated. */
async function drained(onBlocked: 'wait' | 'skip', ...answers: DrainView[]) {
  const printed: string[] = []
  const bodies: object[] = []
  const ask = async (_: unknown, { body }: { body: object }) => {
    bodies.push(body)
    return answers.length > 1 ? answers.shift() : answers[0]
  }
  const clock = { now: () => new Date(0), sleep: async () => undefined }
  const flags = { timeout: 60, onBlocked }
  const result = await untilDrained({ ask } as never, 'n-1', flags, (text) => printed.push(text), clock).catch(
    (error: Error) => error,
  )
  return { printed, result, bodies }
}

test('one deadline for all requests, by the clock of the controller, and each reason once', async () => {
  const one = '1 pod of w1 to move to other nodes'
  const { printed, bodies, result } = await drained(
    'wait',
    ...[waiting(), waiting(), waiting({ waitingFor: one }), waiting({ isDone: true, waitingFor: null })],
  )
  expect(printed).toEqual([
    'Node w1 waits for 2 pods of w1 to move to other nodes\n',
    'Node w1 waits for 1 pod of w1 to move to other nodes\n',
  ])
  const first = { seconds: 60, onBlocked: 'wait' }
  const others = { ...first, deadline: DEADLINE }
  expect(bodies).toEqual([first, others, others, others])
  expect(result).toMatchObject({ isDone: true })
})

test('at the deadline, the pod and its budget are named; whoever skips pods waits for the answer of the master', async () => {
  const late = waiting({ held, isPastDeadline: true })
  expect((await drained('wait', late)).result).toMatchObject({
    ...{ code: 'node/drain-blocked', kind: 'failed' },
    message: 'node w1 was not drained in time: pod shop/db-0, which db protects: needs 3 healthy pods',
  })
  const done = waiting({ isDone: true, held, waitingFor: null })
  expect((await drained('skip', late, done)).result).toEqual(done)
})
