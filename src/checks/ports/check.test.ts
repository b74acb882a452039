import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED, ledgerText } from '../../../test/support/fixtures/ledger.ts'
import { ANY, ANY6, type FakeSocket, LOOPBACK, procFiles } from '../../../test/support/fixtures/proc-net.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import type { Entry } from '../../ledger/entry.ts'
import { check } from './check.ts'

type Roles = CheckParams['roles']
const ownStateDirectory = '/var/lib/cantrip'
const look = (sockets: FakeSocket[], roles: Roles, more: Record<string, string> = {}) => {
  const { files, links } = procFiles(sockets)
  return check.look(fakeHost({ files: { ...files, ...more }, links }), { roles, ownStateDirectory })
}
const listening = (port: number, name: string, local = ANY6): FakeSocket => ({
  table: local.length === 32 ? 'tcp6' : 'tcp',
  local,
  port,
  state: '0A',
  inode: port,
  holder: { pid: 42, name },
})

test('a machine with free ports passes for every role', async () => {
  for (const roles of [[], ['worker'], ['master', 'worker'], ['storage']] as Roles[])
    expect(await look([listening(22, 'sshd')], roles)).toMatchObject({ kind: 'pass' })
})

test('names each port in use, its program and its purpose', async () => {
  expect(await look([listening(2379, 'etcd', LOOPBACK)], ['master'])).toEqual({
    kind: 'fail',
    found: '2379/tcp used by etcd (pid 42)',
    wanted: 'free: 2379 (etcd for clients, on a master)',
    fix: "stop the programs that use them; to find them: ss -lnptu 'sport = :2379'",
  })
})

test.each<[number, Roles, string]>([
  [6443, ['worker'], 'pass'],
  [6443, ['master'], 'fail'],
  [6443, [], 'warn'],
  [10250, ['worker'], 'fail'],
  [10250, [], 'fail'],
  [10257, ['storage'], 'pass'],
  [8080, ['master'], 'pass'],
  [2381, ['master'], 'fail'],
  [179, ['worker'], 'warn'],
  [7444, ['worker'], 'warn'],
])('port %i in use, roles %j: %s', async (port, roles, kind) => {
  expect(await look([listening(port, 'java')], roles)).toMatchObject({ kind })
})

test('without a role the ports of a master are reported as well', async () => {
  expect(await look([listening(10250, 'java'), listening(6443, 'java')], [])).toMatchObject({
    kind: 'fail',
    found: '10250/tcp used by java (pid 42), 6443/tcp used by java (pid 42)',
    wanted: 'free: 10250 (kubelet), 6443 (kube-apiserver, on a master)',
    fix: "stop the programs that use them; to find them: ss -lnptu 'sport = :10250 or sport = :6443'",
  })
})

test('a VXLAN link of the kernel uses a port without a process', async () => {
  const vxlan: FakeSocket = { table: 'udp', local: ANY, port: 8472, state: '07', inode: 0 }
  const verdict = await look([vxlan], ['worker'])
  expect(verdict).toMatchObject({ kind: 'fail', found: '8472/udp used by the kernel (a tunnel)' })
})

test('Kubernetes of this installation may use the ports', async () => {
  const sockets = [listening(10250, 'kubelet'), listening(6443, 'kube-apiserver')]
  const ledger = (...entries: Entry[]) => ({ [`${ownStateDirectory}/ledger/ledger.log`]: ledgerText(...entries) })
  expect(await look(sockets, ['master'], ledger(...KUBELET_INSTALLED))).toMatchObject({ kind: 'pass' })
  const undone: Entry = { kind: 'undone', change: 2 }
  expect(await look(sockets, ['master'], ledger(...KUBELET_INSTALLED, undone))).toMatchObject({ kind: 'fail' })
})
