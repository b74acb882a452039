import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { ROUTES } from '../../../test/support/fixtures/routes.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const look = (files: Record<string, string>) => check.look(fakeHost({ files }), params)

test.each([
  ['Ethernet', '1500', 1450],
  ['jumbo frames', '9000', 8950],
  ['a cloud with a tunneled network', '1450', 1400],
  ['a VPN', '1400', 1350],
])('%s passes', async (_, mtu, left) => {
  const found = `eth0 has ${mtu} bytes, which leaves ${left} for pods`
  expect(await look({ ...ROUTES.one, '/sys/class/net/eth0/mtu': `${mtu}\n` })).toEqual({ kind: 'pass', found })
})

test('too small for IPv6 in pods is a warning', async () => {
  expect(await look({ ...ROUTES.one, '/sys/class/net/eth0/mtu': '1280\n' })).toMatchObject({
    kind: 'warn',
    found: 'eth0 has 1280 bytes, which leaves 1230 for pods',
    wanted: 'at least 1330 bytes',
  })
})

test('without a default route the first network counts', async () => {
  expect(await look({ ...ROUTES.none, '/sys/class/net/eth0/mtu': '1500\n' })).toMatchObject({ kind: 'pass' })
})

test('without a network or its MTU the check is skipped', async () => {
  expect(await look({})).toMatchObject({ kind: 'skipped', found: 'no network interface is connected' })
  expect(await look(ROUTES.one)).toMatchObject({ kind: 'skipped', found: 'eth0 does not report its MTU' })
})
