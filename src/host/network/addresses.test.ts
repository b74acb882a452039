import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import { ipv4Routes, ROUTES } from '../../../test/support/fixtures/routes.ts'
import { localAddresses, nodeSource } from './addresses.ts'

const OUTSIDE = '192.0.2.1'
const OUTSIDE_6 = '2001:db8::1'
const DOCKER = 'docker0\t0000110A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0'
const HOST0 = 'host0\t0000630A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0'
const STORAGE = 'eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0'

test("the kernel's choice, whatever the routes are", async () => {
  const host = fakeHost({ files: { ...procFiles([]).files, ...ipv4Routes(DOCKER, HOST0) } })
  host.network.onSource(OUTSIDE, { address: '10.99.0.171', interface: 'host0' })
  expect(await nodeSource(host)).toEqual({ address: '10.99.0.171', interface: 'host0' })
  expect(await localAddresses(host)).toMatchObject({ node: ['10.99.0.171'], interface: 'host0' })
})

test('no default route: the first network that does not belong to virtual machines', async () => {
  const host = fakeHost({ files: ipv4Routes(DOCKER, HOST0, STORAGE) })
  host.network.onSource(OUTSIDE, undefined)
  host.network.onSource(OUTSIDE_6, undefined)
  host.network.onSource('10.17.0.1', { address: '10.17.0.1', interface: 'docker0' })
  host.network.onSource('10.99.0.1', { address: '10.99.0.7', interface: 'host0' })
  host.network.onSource('192.168.0.1', { address: '192.168.0.7', interface: 'eth1' })
  expect(await nodeSource(host)).toEqual({ address: '10.99.0.7', interface: 'host0' })
})

test('loopback and link-local addresses are not node addresses', async () => {
  const host = fakeHost({ files: ipv4Routes(HOST0) })
  host.network.onSource(OUTSIDE, { address: '169.254.7.7', interface: 'usb0' })
  host.network.onSource(OUTSIDE_6, { address: 'fe80::1%eth0', interface: 'eth0' })
  host.network.onSource('10.99.0.1', { address: '10.99.0.7', interface: 'host0' })
  expect(await nodeSource(host)).toEqual({ address: '10.99.0.7', interface: 'host0' })
})

test('IPv6 without IPv4; none without addresses', async () => {
  const host = fakeHost({ files: ROUTES.ipv6Alone })
  host.network.onSource(OUTSIDE, undefined)
  host.network.onSource(OUTSIDE_6, { address: 'fd42::7', interface: 'eth0' })
  expect(await nodeSource(host)).toEqual({ address: 'fd42::7', interface: 'eth0' })
  const alone = fakeHost()
  expect(await localAddresses(alone)).toEqual({ all: [], node: [] })
})
