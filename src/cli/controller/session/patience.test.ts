import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { patiently } from './patience.ts'

const away = new AgentError('controller/unreachable', 'cannot reach it', { fix: 'start it', kind: 'unreachable' })

function clock() {
  let ms = 0
  const sleep = async (forMs: number) => {
    ms += forMs
  }
  return { now: () => new Date(ms), sleep }
}

test('a controller that restarts is waited for', async () => {
  const answers = [away, away, 'here']
  const ask = async () => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  expect(await patiently(ask, clock())).toBe('here')
})

test('one that stays away is not waited for for ever, and what it says itself is heard at once', async () => {
  const time = clock()
  await expect(patiently(() => Promise.reject(away), time)).rejects.toBe(away)
  expect(time.now().getTime()).toBe(121_000)
  const gone = new AgentError('cluster/unknown', 'there is no cluster', { fix: 'look' })
  await expect(patiently(() => Promise.reject(gone), time)).rejects.toBe(gone)
  expect(time.now().getTime()).toBe(121_000)
})
