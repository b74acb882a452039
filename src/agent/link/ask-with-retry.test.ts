import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { fakeNetwork } from '../../../test/support/fake-network.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import { askWithRetry } from './ask-with-retry.ts'

const URL = 'https://controller:8443'
const PROBLEM = { message: 'found', fix: 'mend' }

/** Asks a controller that answers with these errors first. */
async function asked(...errors: readonly (readonly [status: number, code: string])[]) {
  const network = fakeNetwork()
  const left = [...errors]
  network.onRequest(`${URL}/v1/`, () => {
    const [status, code] = left.shift() ?? [200, '']
    return { status, body: JSON.stringify(status === 200 ? { now: '2026-01-01T00:00:00Z' } : { code, ...PROBLEM }) }
  })
  const host = { ...fakeHost(), network, sleep: async () => undefined }
  const way = { config: { urls: [URL] }, tls: { ca: '', cert: '', key: '' }, timeoutMs: 1_000 }
  return askWithRetry({ ...way, host, signal: new AbortController().signal }, agentRoutes.ping, {})
}

test.each([
  [500, 'bug'],
  [503, 'store/unreachable'],
  [503, 'store/read-only'],
  [429, 'limit/requests'],
] as const)('a controller with a failure that may pass (%i %s) is asked again', async (status, code) => {
  expect(await asked([status, code], [status, code])).toHaveProperty('now')
})

test('a refusal is final', async () => {
  await expect(asked([403, 'node/removed'])).rejects.toMatchObject({ code: 'node/removed' })
})
