import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { outdate } from '../../../test/support/outdated-unit.ts'
import { etcd } from './component.ts'
import { prepareStart } from './data.ts'

const SECRET = ['/etc/etcd/pki/ca.key', '/etc/etcd/pki/server.key', '/etc/etcd/pki/peer.key']
const CLIENT_KEY = '/etc/kubernetes/pki/apiserver-etcd-client.key'

test('every connection uses TLS with certificates of its own CA', async () => {
  const fake = fakeKubernetes()
  await runComponent(etcd, fake)
  const settings = JSON.parse(fake.host.text('/etc/etcd/etcd.json'))
  expect(settings['listen-client-urls']).toBe('https://127.0.0.1:2379,https://10.0.0.5:2379')
  expect(settings['initial-cluster']).toBe('n1=https://10.0.0.5:2380')
  expect(settings['client-transport-security']['client-cert-auth']).toBe(true)
  expect(settings['peer-transport-security']['client-cert-auth']).toBe(true)
  const server = new X509Certificate(fake.host.text('/etc/etcd/pki/server.crt'))
  expect(server.verify(new X509Certificate(fake.host.text('/etc/etcd/pki/ca.crt')).publicKey)).toBe(true)
  expect(server.checkIP('10.0.0.5')).toBe('10.0.0.5')
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1')
})

test('only root can read keys and data', async () => {
  const fake = fakeKubernetes()
  await runComponent(etcd, fake)
  for (const path of [...SECRET, CLIENT_KEY]) expect(fake.host.files.stat(path)?.mode, path).toBe(0o600)
  expect(fake.host.files.stat('/var/lib/etcd')?.mode).toBe(0o700)
  expect(fake.host.files.stat('/etc/etcd/pki')?.mode).toBe(0o700)
})

test('a run after a kill continues: the CA remains, other certificates are issued again', async () => {
  const fake = fakeKubernetes()
  await runComponent(etcd, fake)
  const ca = fake.host.text('/etc/etcd/pki/ca.crt')
  fake.host.files.delete('/etc/etcd/pki/peer.crt')
  expect(await runComponent(etcd, fake)).toEqual(['etcd/issue-certificates'])
  expect(fake.host.text('/etc/etcd/pki/ca.crt')).toBe(ca)
  // A key without its certificate cannot have signed anything.
  fake.host.files.delete('/etc/etcd/pki/ca.crt')
  expect(await runComponent(etcd, fake)).toContain('etcd/issue-certificates')
  expect(fake.host.text('/etc/kubernetes/pki/etcd/ca.crt')).toBe(fake.host.text('/etc/etcd/pki/ca.crt'))
})

test('certificates issued while the clock was in the future are valid when it is right again, and fresh', async () => {
  const fake = fakeKubernetes()
  await runComponent(etcd, fake)
  fake.host.clock.nowMs += 3 * 365 * 86_400_000
  expect(await runComponent(etcd, fake)).toContain('etcd/issue-certificates')
  const [server, ca] = ['server', 'ca'].map((name) => new X509Certificate(fake.host.text(`/etc/etcd/pki/${name}.crt`)))
  expect(server?.validFrom).toBe(ca?.validFrom)
  expect(server?.validToDate.getTime()).toBe(fake.host.clock.nowMs + 365 * 86_400_000)
  expect(await runComponent(etcd, fake)).not.toContain('etcd/issue-certificates')
  fake.host.clock.nowMs -= 3 * 365 * 86_400_000
  expect(await runComponent(etcd, fake)).not.toContain('etcd/issue-certificates')
})

test('expired certificates are issued again', async () => {
  const fake = fakeKubernetes()
  await runComponent(etcd, fake)
  fake.host.clock.nowMs += 366 * 86_400_000
  expect(await runComponent(etcd, fake)).toContain('etcd/issue-certificates')
})

test.each([true, false])(
  'a restart ends the API server first, which watches, if containerd is there: %s',
  async (isThere) => {
    const fake = fakeKubernetes()
    const { host } = fake
    await runComponent(etcd, fake)
    expect(host.calls.some((argv) => argv.includes('SIGKILL'))).toBe(false)
    if (isThere) host.files.seed('/run/cantrip-containerd/containerd.sock', '')
    host.on((argv) => argv.includes('containers'), { stdout: 'server\n' })
    host.on((argv) => argv.includes('kill'), {})
    outdate(host, 'etcd.service')
    expect(await runComponent(etcd, fake)).toEqual(['etcd/start-service'])
    const lines = host.calls.map((argv) => argv.join(' '))
    const [kill, restart] = ['SIGKILL server', 'restart etcd'].map((text) =>
      lines.findIndex((line) => line.includes(text)),
    )
    expect(restart).toBeGreaterThan(0)
    if (isThere) expect(kill).toBeGreaterThan(0)
    expect(kill).toBeLessThan(restart ?? 0)
  },
)

const MARK = '/var/lib/etcd/first-start'
const DATA = '/var/lib/etcd/member-data/member/wal/0.wal'
const removesData = (argv: readonly string[]) =>
  argv.join(' ') === '/usr/bin/rm --recursive --force /var/lib/etcd/member-data'

test('data of a first member that was killed before it served is removed, and it starts again', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(MARK, '')
  fake.host.files.seed(DATA, '')
  expect(await runComponent(etcd, fake)).toContain('etcd/start-service')
  expect(fake.host.calls.some(removesData)).toBe(true)
  expect(await fake.host.stat(MARK)).toBeUndefined()
})

test('data that has served is not removed, also if the mark of the first start is there again', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(DATA, '')
  await runComponent(etcd, fake)
  fake.host.files.seed(MARK, '')
  outdate(fake.host, 'etcd.service')
  expect(await runComponent(etcd, fake)).toEqual(['etcd/start-service'])
  expect(fake.host.calls.some(removesData)).toBe(false)
})

test('a further master never removes its data by itself at a start', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(MARK, '')
  fake.host.files.seed(DATA, '')
  await prepareStart(fake.host, { ...fake.params, task: 'master' })
  expect(fake.host.calls.some(removesData)).toBe(false)
})
