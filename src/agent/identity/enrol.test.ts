import { expect, test } from 'vitest'
import { fakeNetwork } from '../../../test/support/fake-network.ts'
import type { EnrolResponse } from '../../protocol/api/agents.ts'
import type { AgentConfig } from '../config.ts'
import { enrol } from './enrol.ts'

const URL = 'https://controller:8443'
const PENDING: EnrolResponse = {
  nodeId: 'n-aaaaaaaaaa',
  fingerprint: 'ab',
  state: 'DISCOVERED',
  cluster: { id: 'c-aaaaaaaaaa', name: 'c' },
}
const refusal = (code: string) => JSON.stringify({ code, message: 'no', fix: 'none' })

/** The pauses in seconds between answers: a status, the code of a refusal, or the state of a pending node. */
async function pausesBetween(answers: readonly (number | string | EnrolResponse)[]): Promise<number[]> {
  const network = fakeNetwork()
  const pauses: number[] = []
  const left = [...answers]
  const end = new AbortController()
  const answer = () => {
    const next = left.shift()
    if (left.length === 0) end.abort(new Error('all answers were given'))
    if (typeof next === 'number') return { status: next, body: '' }
    if (typeof next === 'string') return { status: 403, body: refusal(next) }
    return { status: 200, body: JSON.stringify(next) }
  }
  network.onRequest(`${URL}/v1/`, answer)
  const enrolling = enrol({
    config: { urls: [URL], nodeName: 'one' } as AgentConfig,
    ca: '',
    identity: { certificate: '', key: '' },
    csr: 'csr',
    fingerprint: `SHA256:${'a'.repeat(43)}`,
    machine: async () => undefined,
    addressTowards: async () => '10.0.0.5',
    network,
    sleep: async (ms) => void pauses.push(ms / 1_000),
    random: () => 0.5,
    signal: end.signal,
    onAnswer: () => undefined,
    onProblem: () => undefined,
  })
  await expect(enrolling).rejects.toThrow('all answers were given')
  return pauses
}

test('an unreachable controller is polled after 2 s, three times, then at increasing intervals', async () => {
  expect(await pausesBetween([503, 503, 503, 503, 503, 503])).toEqual([2, 2, 2, 3, 4.5])
})

test('a pending node polls at once after the first answer, then at increasing intervals', async () => {
  expect(await pausesBetween([PENDING, PENDING, PENDING, 503])).toEqual([10, 15])
})

test('a refused node polls after 15 minutes', async () => {
  expect(await pausesBetween(['enrol/refused', 'enrol/refused', 503, 503])).toEqual([900, 900, 2])
})
