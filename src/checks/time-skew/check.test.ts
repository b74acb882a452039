import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { NetworkError } from '../../host/network.ts'
import { check } from './check.ts'

const url = 'https://controller.example.com:8443'
const controller = { urls: [url], ca: 'CA', cert: 'CERT', key: 'KEY' }
const params = { roles: [], ownStateDirectory: '/var/lib/cantrip', controller }

/** A controller whose clock is `aheadMs` ahead, reached in `there` ms and answering in `back` ms. */
function machine(aheadMs: number, { there = 10, back = 10 } = {}) {
  const host = fakeHost()
  host.network.onRequest(`${url}/v1/ping`, () => {
    const sentAtMs = host.clock.nowMs
    const now = new Date(sentAtMs + there + aheadMs).toISOString()
    return { body: JSON.stringify({ now }), sentAtMs, receivedAtMs: sentAtMs + there + back }
  })
  return host
}

test.each([
  [0, 'pass', '0 ms (± 10 ms) ahead of the controller'],
  [250, 'pass', '250 ms (± 10 ms) behind the controller'],
  [-290, 'pass', '290 ms (± 10 ms) ahead of the controller'],
  [2_000, 'warn', '2.0 s (± 10 ms) behind the controller'],
  [-4_900, 'warn', '4.9 s (± 10 ms) ahead of the controller'],
  [10_000, 'fail', '10.0 s (± 10 ms) behind the controller'],
  [-86_400_000, 'fail', '86400.0 s (± 10 ms) ahead of the controller'],
])('a controller %i ms ahead: %s', async (aheadMs, kind, found) => {
  expect(await check.look(machine(aheadMs), params)).toMatchObject({ kind, found })
})

test('latency does not count as skew, even if it is asymmetric', async () => {
  expect(await check.look(machine(0, { there: 3_900, back: 10 }), params)).toMatchObject({ kind: 'pass' })
  expect(await check.look(machine(0, { there: 10, back: 3_900 }), params)).toMatchObject({ kind: 'pass' })
})

test('without credentials it is skipped', async () => {
  const { controller: _, ...rest } = params
  expect(await check.look(fakeHost(), rest)).toMatchObject({ kind: 'skipped' })
})

test('without an answer of the controller the check cannot run', async () => {
  const host = fakeHost()
  host.network.onRequest(url, new NetworkError('tcp', 'ECONNREFUSED'))
  await expect(check.look(host, params)).rejects.toThrow('the controller returned no time: ECONNREFUSED')
  host.network.onRequest(url, () => ({ status: 200, body: '<html>login</html>' }))
  await expect(check.look(host, params)).rejects.toThrow(`${url} returned no time`)
})
