import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { ROUTES } from '../../../test/support/fixtures/routes.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const look = (files: Record<string, string>) => check.look(fakeHost({ files }), params)

test.each([
  ['one', ROUTES.one, 'eth0 via 10.0.2.1'],
  ['Ethernet and wireless: the preferred one', ROUTES.two, 'eth0 via 10.0.3.1, before wlan0'],
  ['point-to-point, without a gateway', ROUTES.pointToPoint, 'ppp0'],
  ['IPv6 alone', ROUTES.ipv6Alone, 'eth0 via fe80::1'],
])('%s passes', async (_, files, found) => {
  expect(await look(files)).toEqual({ kind: 'pass', found })
})

test('no default route, not even an unreachable one, is a warning', async () => {
  const verdict = { kind: 'warn', found: 'no default route', fix: expect.stringContaining('--interface') }
  expect(await look(ROUTES.none)).toMatchObject(verdict)
  expect(await look(ROUTES.refusing)).toMatchObject(verdict)
  expect(await look({})).toMatchObject(verdict)
})

test('two default routes of the same metric are a warning', async () => {
  expect(await look(ROUTES.alike)).toMatchObject({
    kind: 'warn',
    found: 'several default routes of the same metric: eth0 via 10.0.3.1, eth1 via 10.0.4.1',
    fix: expect.stringContaining(
      'ip route add default via 10.0.4.1 dev eth1 metric 200 && ip route delete default via 10.0.4.1 dev eth1 metric 100',
    ),
  })
})
