import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { retryUnreachable } from './retry-unreachable.ts'

const away = new AgentError('controller/unreachable', 'cannot reach it', { fix: 'start it', kind: 'unreachable' })

function clock() {
  let ms = 0
  const sleep = async (forMs: number) => {
    ms += forMs
  }
  return { now: () => new Date(ms), sleep }
}

const facts = { status: 503 }
const withoutStore = new AgentError('store/unreachable', 'does not answer', { fix: 'start it', kind: 'bug', facts })

test.each([
  ['the controller', away],
  ['its database', withoutStore],
])('retries while %s restarts', async (_, error) => {
  const answers = [error, error, 'here']
  const ask = async () => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  expect(await retryUnreachable(ask, clock())).toBe('here')
})

test("gives up after two minutes, and throws the controller's own errors at once", async () => {
  const time = clock()
  await expect(retryUnreachable(() => Promise.reject(away), time)).rejects.toBe(away)
  expect(time.now().getTime()).toBe(121_000)
  const gone = new AgentError('cluster/unknown', 'there is no cluster', { fix: 'look' })
  await expect(retryUnreachable(() => Promise.reject(gone), time)).rejects.toBe(gone)
  expect(time.now().getTime()).toBe(121_000)
})
