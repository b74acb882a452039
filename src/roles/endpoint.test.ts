import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { serverIn } from '../provision/api/kubeconfig.ts'
import { addOns } from './add-ons.ts'
import { firstMaster } from './first-master.ts'
import { upgradeMaster, upgradeWorker } from './upgrade.ts'

/*
 * A cluster that began with one master gets the name of the node DNS as its API endpoint.
 */

const OLD = '10.0.0.5:6443'
const NAME = 'api.demo.cantrip.internal'
const NEW = `${NAME}:6443`
const MASTERS = ['n1', 'm2', 'm3'].map((name, index) => ({ name, address: `10.0.0.${index + 5}` }))
const ANSWER = Buffer.from([0x63, 0x74, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
const PEOPLE = ['admin', 'super-admin']
const ALL = [...PEOPLE, 'kubelet', 'controller-manager', 'scheduler']
const FLANNEL = '/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds'

async function run({ components }: typeof addOns, fake: FakeKubernetes): Promise<string[]> {
  const applied: string[] = []
  for (const component of components) applied.push(...(await runComponent(component, fake)))
  return applied
}

/** A first master that runs, whose parameters now name the new endpoint, which answers as soon as the node DNS runs. */
async function due(): Promise<FakeKubernetes> {
  const fake = fakeKubernetes({ endpoint: OLD })
  await run(firstMaster, fake)
  const { host, params } = fake
  params.cluster = { ...params.cluster, endpoint: NEW, masters: MASTERS }
  params.run = 'r-bbbbbbbbbb'
  host.changes.length = 0
  host.calls.length = 0
  host.clock.nowMs += 60_000
  host.files.seed(params.executable, 'the executable')
  host.files.seed('/etc/resolv.conf', 'nameserver 192.0.2.53\n')
  const whileDnsIsUp = <T>(answer: T) => {
    if (!host.units.get('cantrip-node-dns.service')?.active) throw new Error('ENOTFOUND')
    return answer
  }
  host.network.onExchange('10.0.0.5:53', () => whileDnsIsUp({ reply: ANSWER, sentAtMs: 0, receivedAtMs: 1 }))
  host.network.onRequest(`https://${NEW}/`, () => whileDnsIsUp({ status: 200 }))
  return fake
}

const serversOn = ({ host }: FakeKubernetes, names: readonly string[]) =>
  names.map((name) => serverIn(host.text(`/etc/kubernetes/${name}.conf`)))

test('certificate, kubeconfigs and the stored configuration of the master change; the former address stays valid', async () => {
  const fake = await due()
  expect(await run(upgradeMaster, fake)).toEqual([
    'etcd-snapshot/save',
    'kubeadm/write-configuration',
    'kubeadm/issue-certificates',
    'kubeadm/write-kubeconfigs',
    'exchange/control-plane',
    'cluster-config/upload',
    'cluster-config/bind-rights',
    'node-dns/install-binaries',
    'node-dns/configure',
    'node-dns/start-services',
    'node-dns/come-first',
  ])
  const certificate = new X509Certificate(fake.host.text('/etc/kubernetes/pki/apiserver.crt'))
  expect(certificate.subjectAltName).toContain(`DNS:${NAME}`)
  expect(certificate.checkIP('10.0.0.5')).toBe('10.0.0.5')
  expect(serversOn(fake, PEOPLE)).toEqual(Array(2).fill(`https://${NEW}`))
  expect(fake.host.calls.some((argv) => argv.join(' ').includes('control-plane all'))).toBe(false)
  expect(await run(upgradeMaster, fake)).toEqual([])
})

test('kubelet, controller manager and scheduler of a master go on using its own API server', async () => {
  const fake = await due()
  const before = ALL.map((name) => fake.host.text(`/etc/kubernetes/${name}.conf`))
  await run(upgradeMaster, fake)
  const kept = ALL.filter((name, index) => fake.host.text(`/etc/kubernetes/${name}.conf`) === before[index])
  expect(kept).toEqual(['kubelet', 'controller-manager', 'scheduler'])
})

test('kube-proxy, the pod network and CoreDNS follow with the add-ons, and kube-proxy is restarted', async () => {
  const fake = await due()
  await run(upgradeMaster, fake)
  const isRestart = (argv: readonly string[]) => argv.join(' ').includes('rollout restart daemonset/kube-proxy')
  expect(fake.host.calls.some(isRestart)).toBe(false)
  expect(await run(addOns, fake)).toEqual(['kube-proxy/apply', 'cni/apply', 'coredns/apply'])
  expect(fake.host.calls.filter(isRestart)).toHaveLength(1)
  expect(JSON.stringify(fake.objects.get(FLANNEL))).toContain(NAME)
  expect(await run(addOns, fake)).toEqual([])
})

test('a repair of the master with the new endpoint finds everything done', async () => {
  const fake = await due()
  await run(upgradeMaster, fake)
  await run(addOns, fake)
  expect(await run(firstMaster, fake)).toEqual([])
})

test('on a worker, the name resolves before anything uses it', () => {
  const ids = upgradeWorker.components.map(({ id }) => id)
  const order = ['node-dns', 'kubelet-endpoint', 'exchange', 'readiness'].map((id) => ids.indexOf(id as never))
  expect(order).toEqual(order.toSorted((a, b) => a - b))
  expect(order[0]).toBeGreaterThan(0)
})
