import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { dnsReply } from '../../../test/support/fixtures/dns.ts'
import { NetworkError, type RequestOptions, type Response, type Stage } from '../../host/network.ts'
import { check } from './check.ts'

const URL_1 = 'https://controller.example.com:8443'
const URL_2 = 'https://192.0.2.7:8443'
const controller = { urls: [URL_1], ca: 'CA', cert: 'CERT', key: 'KEY' }
const params = { roles: [], ownStateDirectory: '/var/lib/cantrip', controller }

type Answer = (url: string, options: RequestOptions) => Partial<Response>
const healthy: Answer = (_, { upgrade }) =>
  upgrade ? { status: 101 } : { status: 200, body: '{"now":"2026-01-01T00:00:00Z"}' }

function machine(answers: Record<string, Answer | Error>) {
  const host = fakeHost()
  for (const [url, answer] of Object.entries(answers)) host.network.onRequest(url, answer)
  return host
}

test('a controller that answers, websocket included, passes', async () => {
  const seen: RequestOptions[] = []
  const host = machine({
    [`${URL_1}/v1/ping`]: (url, options) => {
      seen.push(options)
      return healthy(url, options)
    },
  })
  expect(await check.look(host, params)).toEqual({ kind: 'pass', found: `${URL_1} answers` })
  expect(seen.map(({ tls, upgrade, proxy }) => ({ tls, upgrade, proxy }))).toEqual([
    { tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } },
    { tls: { ca: 'CA', cert: 'CERT', key: 'KEY' }, upgrade: true },
  ])
})

test.each<[Stage, string, string]>([
  ['tcp', 'TCP connection failed', 'nc -vz controller.example.com 8443'],
  ['proxy', 'proxy failed', 'allows CONNECT'],
  ['tls', 'TLS failed', 'openssl s_client -connect controller.example.com:8443'],
  ['http', 'HTTP failed', 'log of the controller'],
])('a failure at the stage %s is named, with a fix for it', async (stage, found, fix) => {
  const verdict = await check.look(machine({ [URL_1]: new NetworkError(stage, 'it broke') }), params)
  expect(verdict).toMatchObject({
    kind: 'fail',
    found: `${URL_1}: ${found}: it broke`,
    fix: expect.stringContaining(fix),
  })
})

test('a name that does not resolve: the answer of each name server', async () => {
  const host = machine({
    [URL_1]: new NetworkError('resolve', 'controller.example.com does not resolve (no such name)'),
  })
  host.files.seed('/etc/resolv.conf', 'nameserver 192.0.2.53\nnameserver 192.0.2.54\n')
  host.network.onExchange('192.0.2.53:53', (query) => dnsReply(query, { code: 3, tookMs: 12 }))
  host.network.onExchange('192.0.2.54:53', new NetworkError('tcp', '192.0.2.54:53 (UDP) did not answer within 2000 ms'))
  expect(await check.look(host, params)).toMatchObject({
    kind: 'fail',
    found: `${URL_1}: name resolution failed: controller.example.com does not resolve (no such name); answers of each name server: 192.0.2.53: no such name (12 ms); 192.0.2.54: no answer within 2000 ms`,
    fix: expect.stringContaining('getent hosts controller.example.com'),
  })
})

test('a refusal is shown with the message of the controller', async () => {
  const body = '{"code":"refused","message":"this installer certificate was revoked","fix":"ask for a new one"}'
  const verdict = await check.look(machine({ [URL_1]: () => ({ status: 403, body }) }), params)
  expect(verdict).toMatchObject({
    found: `${URL_1}: HTTP failed: status 403 instead of 200 (this installer certificate was revoked)`,
  })
})

test('a proxy that strips the Upgrade header is reported', async () => {
  const verdict = await check.look(machine({ [URL_1]: () => ({ status: 200 }) }), params)
  expect(verdict).toMatchObject({
    kind: 'fail',
    found: `${URL_1}: websocket upgrade failed: status 200 instead of 101`,
  })
})

test('one of several addresses is enough; the others are reported', async () => {
  const host = machine({ [URL_1]: new NetworkError('resolve', 'ENOTFOUND'), [URL_2]: healthy })
  const verdict = await check.look(host, { ...params, controller: { ...controller, urls: [URL_1, URL_2] } })
  expect(verdict).toEqual({
    kind: 'pass',
    found: `${URL_2} answers; ${URL_1}: name resolution failed: ENOTFOUND; answers of each name server: no name server in /etc/resolv.conf`,
  })
})

test('the proxy is used, and its password is not shown', async () => {
  const host = machine({
    [URL_1]: (_, { proxy }) => {
      throw new NetworkError('proxy', proxy === undefined ? 'was not used' : 'status 407')
    },
  })
  const proxied = { ...controller, proxy: { url: 'http://me:hunter2@proxy:3128' } }
  const verdict = await check.look(host, { ...params, controller: proxied })
  expect(verdict).toMatchObject({ kind: 'fail', found: `${URL_1}: proxy failed: status 407` })
  expect(JSON.stringify(verdict)).not.toContain('hunter2')
})

test('without credentials it is skipped', async () => {
  const { controller: _, ...rest } = params
  expect(await check.look(fakeHost(), rest)).toMatchObject({ kind: 'skipped' })
})
