import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { onceItHasTold } from './once-it-has-told.ts'

const noFacts = new AgentError('node/no-facts', 'node n1 has not told about itself yet', { fix: 'wait' })
const atOnce = { now: () => new Date(), sleep: async () => {} }

test('waits until the node has told', async () => {
  const answers = [noFacts, noFacts, 'configured']
  const attempt = async () => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  expect(await onceItHasTold(attempt, atOnce)).toBe('configured')
})

test('gives up after a while, with what the controller said', async () => {
  let attempts = 0
  const attempt = async () => {
    attempts += 1
    throw noFacts
  }
  await expect(onceItHasTold(attempt, atOnce)).rejects.toBe(noFacts)
  expect(attempts).toBe(121)
})

test('any other refusal stands at once', async () => {
  const refused = new AgentError('unsupported', 'no storage yet', { fix: 'none' })
  const attempt = async () => {
    throw refused
  }
  await expect(onceItHasTold(attempt, { ...atOnce, sleep: () => Promise.reject(new Error('waited')) })).rejects.toBe(
    refused,
  )
})
