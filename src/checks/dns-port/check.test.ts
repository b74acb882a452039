import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED, ledgerText } from '../../../test/support/fixtures/ledger.ts'
import {
  ANY,
  ANY6,
  type FakeSocket,
  LOOPBACK,
  NODE_ADDRESS,
  procFiles,
  RESOLVED_STUB,
  VIRBR0,
} from '../../../test/support/fixtures/proc-net.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const look = (sockets: FakeSocket[]) => check.look(fakeHost(procFiles(sockets)), params)

function on53(local: string, name: string, inode = 5300): FakeSocket[] {
  const holder = { pid: 812, name }
  const [tcp, udp] = local.length === 32 ? (['tcp6', 'udp6'] as const) : (['tcp', 'udp'] as const)
  return [
    { table: udp, local, port: 53, state: '07', inode, holder },
    { table: tcp, local, port: 53, state: '0A', inode: inode + 1, holder },
  ]
}

const DNSMASQ = 'dnsmasq (pid 812) on 0.0.0.0 port 53/tcp, dnsmasq (pid 812) on 0.0.0.0 port 53/udp'

test.each<[string, FakeSocket[], string]>([
  ['dnsmasq on all addresses', on53(ANY, 'dnsmasq'), DNSMASQ],
  ['named on the address of the node', on53(NODE_ADDRESS, 'named'), 'named (pid 812) on 10.0.2.10 port 53/tcp'],
  ['unbound on all IPv6 addresses', on53(ANY6, 'unbound'), 'unbound (pid 812) on :: port 53/tcp'],
  [
    'a socket of the kernel or of another user',
    [{ table: 'udp', local: ANY, port: 53, state: '07', inode: 77 }],
    'a process on 0.0.0.0 port 53/udp',
  ],
])('%s is a conflict', async (_, sockets, found) => {
  const verdict = await look(sockets)
  expect(verdict).toMatchObject({
    kind: 'fail',
    found: expect.stringContaining(found),
    wanted: 'port 53 free on 10.0.2.10',
  })
})

test('the fix is for the program that uses the port', async () => {
  expect(await look(on53(ANY, 'dnsmasq'))).toMatchObject({ fix: 'systemctl disable --now dnsmasq' })
  expect(await look(on53(ANY, 'mydns'))).toMatchObject({ fix: expect.stringContaining("ss -lnptu 'sport = :53'") })
})

test('a Node.js program is named by its executable', async () => {
  const { files, links } = procFiles(on53(ANY, 'MainThread'))
  const host = fakeHost({ files, links: { ...links, '/proc/812/exe': '/opt/pihole/dns-server' } })
  expect(await check.look(host, params)).toMatchObject({ found: expect.stringContaining('dns-server (pid 812)') })
})

test.each<[string, FakeSocket[], string]>([
  ['nothing', [], 'free'],
  [
    'systemd-resolved on its stub',
    on53(RESOLVED_STUB, 'systemd-resolve'),
    'free; on loopback only: systemd-resolve (pid 812) on 127.0.0.53',
  ],
  ['a local cache', on53(LOOPBACK, 'dnsmasq'), 'free; on loopback only: dnsmasq (pid 812) on 127.0.0.1'],
  ['libvirt on its bridge', on53(VIRBR0, 'dnsmasq'), 'free; elsewhere only: dnsmasq (pid 812) on 192.168.122.1'],
  ['a lookup in progress', [{ table: 'udp', local: NODE_ADDRESS, port: 53, state: '01', inode: 9 }], 'free'],
  ['another port', [{ table: 'tcp', local: ANY, port: 5353, state: '0A', inode: 9 }], 'free'],
])('%s is no conflict', async (_, sockets, found) => {
  expect(await look(sockets)).toEqual({ kind: 'pass', found })
})

test('the node DNS of this installation may use the port, another CoreDNS may not', async () => {
  const { files, links } = procFiles(on53(NODE_ADDRESS, 'coredns'))
  const ledger = { '/var/lib/cantrip/ledger/ledger.log': ledgerText(...KUBELET_INSTALLED) }
  expect(await check.look(fakeHost({ files: { ...files, ...ledger }, links }), params)).toMatchObject({ kind: 'pass' })
  expect(await check.look(fakeHost({ files, links }), params)).toMatchObject({ kind: 'fail' })
})
