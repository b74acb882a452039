import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { retryUntilFacts } from './retry-until-facts.ts'

const noFacts = new AgentError('node/no-facts', 'node n1 has not reported its facts yet', { fix: 'wait' })
const atOnce = { now: () => new Date(), sleep: async () => {} }

test('retries until the node has reported its facts', async () => {
  const answers = [noFacts, noFacts, 'configured']
  const attempt = async () => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  expect(await retryUntilFacts(attempt, atOnce)).toBe('configured')
})

test("gives up after half a minute, with the controller's error", async () => {
  let attempts = 0
  const attempt = async () => {
    attempts += 1
    throw noFacts
  }
  await expect(retryUntilFacts(attempt, atOnce)).rejects.toBe(noFacts)
  expect(attempts).toBe(121)
})

test('any other refusal is thrown at once', async () => {
  const refused = new AgentError('unsupported', 'no storage yet', { fix: 'none' })
  const attempt = async () => {
    throw refused
  }
  await expect(retryUntilFacts(attempt, { ...atOnce, sleep: () => Promise.reject(new Error('waited')) })).rejects.toBe(
    refused,
  )
})
