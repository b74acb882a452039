import { expect, test } from 'vitest'
import { healthyHost } from '../../../../test/support/fixtures/healthy-hosts.ts'
import { NetworkError } from '../../../host/network.ts'
import { checkFirst } from './check-first.ts'

const URL_1 = 'https://controller.example.com:8443'
const params = {
  roles: [],
  ownStateDirectory: '/var/lib/cantrip',
  controller: { urls: [URL_1], ca: 'CA', cert: 'CERT', key: 'KEY' },
}
const gone = '{"code":"cluster/gone","message":"the cluster of this certificate was deleted","fix":"make new ones"}'

test.each([
  ['is unreachable', new NetworkError('tcp', 'ECONNREFUSED'), 'unreachable'],
  ['refuses', () => ({ status: 403, body: gone }), 'refused'],
  ['is behind a proxy that refuses', () => ({ status: 403, body: '<html>' }), 'unreachable'],
])('a controller that %s', async (_, answer, kind) => {
  const view = healthyHost()
  view.network.onRequest(URL_1, answer)
  const signal = new AbortController().signal
  const checked = checkFirst({ view, params, ignoreCheck: [], onResult: () => undefined, signal })
  await expect(checked).rejects.toMatchObject({ code: 'precheck/failed', kind })
})
