import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { ROUTES } from '../../../test/support/fixtures/routes.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const ID = '7f3f1b0c9e4d4d0f9a5d1c2b3a4e5f60'
const HEALTHY = { ...ROUTES.one, '/etc/machine-id': `${ID}\n`, '/sys/class/net/eth0/address': '52:54:00:12:34:56\n' }
const look = (files: Record<string, string>) => check.look(fakeHost({ files: { ...HEALTHY, ...files } }), params)

test.each([
  ['a virtual machine', { '/sys/class/dmi/id/product_uuid': '2f1a8f52-6c0e-4f3b-9f0e-0c9f6f2f9f11\n' }],
  ['a board without DMI', {}],
  ['a point-to-point interface', { '/sys/class/net/eth0/address': '' }],
])('%s passes', async (_, files: Record<string, string>) => {
  expect(await look(files)).toEqual({ kind: 'pass', found: `machine-id ${ID}` })
})

test.each([
  ['an image that was never booted', { '/etc/machine-id': '' }, 'no /etc/machine-id'],
  [
    'an image whose first boot did not complete',
    { '/etc/machine-id': 'uninitialized\n' },
    '/etc/machine-id is "uninitialized"',
  ],
  ['zeros', { '/etc/machine-id': '0'.repeat(32) }, `machine-id ${'0'.repeat(32)} is not unique`],
  [
    'a board with a placeholder of its vendor',
    { '/sys/class/dmi/id/product_uuid': '03000200-0400-0500-0006-000700080009\n' },
    'product_uuid 03000200-0400-0500-0006-000700080009 is not unique',
  ],
  [
    'a board without a UUID',
    { '/sys/class/dmi/id/product_uuid': 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n' },
    'product_uuid ffffffff-ffff-ffff-ffff-ffffffffffff is not unique',
  ],
  [
    'a card without an address',
    { '/sys/class/net/eth0/address': '00:00:00:00:00:00\n' },
    'eth0 has the MAC address 00:00:00:00:00:00',
  ],
])('%s is a warning', async (_, files: Record<string, string>, found) => {
  expect(await look(files)).toMatchObject({ kind: 'warn', found })
})

test('all problems are reported at once', async () => {
  const files = { '/etc/machine-id': '', '/sys/class/net/eth0/address': 'ff:ff:ff:ff:ff:ff\n' }
  expect(await look(files)).toMatchObject({
    found: 'no /etc/machine-id; eth0 has the MAC address ff:ff:ff:ff:ff:ff',
    fix: expect.stringContaining('systemd-machine-id-setup'),
  })
})
