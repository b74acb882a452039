import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import { ipv4Routes, ROUTES } from '../../../test/support/fixtures/routes.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const look = (files: Record<string, string>) => check.look(fakeHost({ files }), params)
const GATEWAY = 'eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0'
const LINK = 'eth0\t0002000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0'
const withRoute = (line: string) => ({ ...procFiles([]).files, ...ipv4Routes(GATEWAY, LINK, line) })

test.each<[string, Record<string, string>]>([
  ['a machine with a bridge for virtual machines', procFiles([]).files],
  ['IPv6 alone', ROUTES.ipv6Alone],
  [
    'a site whose router routes all of 10.0.0.0/8',
    withRoute('eth0\t0000000A\tFE02000A\t0003\t0\t0\t0\t000000FF\t0\t0\t0'),
  ],
  ['docker', withRoute('docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0')],
  ['a node that has joined a cluster', withRoute('cni0\t0000F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0')],
])('%s passes', async (_, files) => {
  expect(await look(files)).toEqual({ kind: 'pass', found: '10.244.0.0/16 and 10.96.0.0/12 are not in use here' })
})

test.each([
  [
    'a bridge of LXD in the pod subnet',
    withRoute('lxdbr0\t0011F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0'),
    'the network 10.244.17.0/24 (lxdbr0) and the default pod subnet 10.244.0.0/16',
    '--pod-subnet',
  ],
  [
    'a site behind a router in the service subnet',
    withRoute('eth0\t0000640A\tFE02000A\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0'),
    'the network 10.100.0.0/16 (eth0) and the default service subnet 10.96.0.0/12',
    '--service-subnet',
  ],
  [
    'a name server in the service subnet',
    { ...procFiles([]).files, '/etc/resolv.conf': 'nameserver 10.96.0.10\n' },
    'the name server 10.96.0.10 and the default service subnet 10.96.0.0/12',
    '--service-subnet',
  ],
])('%s is a warning', async (_, files, found, flag) => {
  expect(await look(files)).toMatchObject({
    kind: 'warn',
    found: `overlapping addresses: ${found}`,
    fix: expect.stringContaining(`${flag} ANOTHER-SUBNET`),
  })
})

test('a connected 10.0.0.0/8 overlaps with both', async () => {
  const found = expect.stringMatching(
    /10\.0\.0\.0\/8 \(eth1\) and the default pod subnet.*and the default service subnet/,
  )
  expect(await look(withRoute('eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0'))).toMatchObject({ found })
})

test("with credentials the cluster's own subnets count, not the default ones", async () => {
  const subnets = { pod: '10.50.0.0/16', service: '10.60.0.0/16' }
  const own = (files: Record<string, string>) => check.look(fakeHost({ files }), { ...params, subnets })
  expect(await own(withRoute('lxdbr0\t0011F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0'))).toEqual({
    kind: 'pass',
    found: '10.50.0.0/16 and 10.60.0.0/16 are not in use here',
  })
  expect(await own({ ...procFiles([]).files, '/etc/resolv.conf': 'nameserver 10.60.0.10\n' })).toMatchObject({
    kind: 'warn',
    found: "overlapping addresses: the name server 10.60.0.10 and the cluster's service subnet 10.60.0.0/16",
    fix: 'create another cluster with other subnets: controller cluster create NAME --service-subnet ANOTHER-SUBNET',
  })
})
