import { expect, test } from 'vitest'
import { fakeEtcd } from '../../test/support/fake-etcd.ts'
import { KUBELET_PAIR, kubeletConf, READY, runKubeadm } from '../../test/support/fake-kubeadm.ts'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { type Layout, READ_ONLY_USR, STANDARD } from '../base/layout.ts'
import { planWorkflow } from '../engine/plan-workflow.ts'
import type { Workflow } from '../engine/step.ts'
import { planningHost } from '../host/planning.ts'
import { createCa } from '../pki/certificate.ts'
import { keyToPem } from '../pki/key.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { SHARED_FILES } from '../provision/shared-files.ts'
import { firstMaster } from './first-master.ts'
import { master } from './master.ts'
import { worker } from './worker.ts'

const TOKEN = 'abcdef.0123456789abcdef'
const FIRST = '10.0.0.1'
const MASTERS = [
  { name: 'm1', address: FIRST },
  { name: 'n1', address: '10.0.0.5' },
]
const authority = createCa({ commonName: 'etcd-ca', days: 3650, now: new Date('2026-06-01T12:00:00Z') })

function asMaster(layout?: Layout): FakeKubernetes {
  const fake = fakeKubernetes({ masters: MASTERS }, layout)
  fakeEtcd(fake.host, [FIRST], { name: 'n1', peer: 'https://10.0.0.5:2380' })
  // Objects that exist in the cluster.
  for (const name of ['kube-system/daemonsets/kube-proxy', 'kube-flannel/daemonsets/kube-flannel-ds']) {
    fake.objects.set(`/apis/apps/v1/namespaces/${name}`, {})
  }
  fake.params.task = 'master'
  fake.params.requestInvitation = async () => {
    // The same files that the fake kubeadm uses.
    const other = fakeKubernetes()
    runKubeadm(other, 'certs all')
    const own: Record<string, string> = { 'etcd-ca.key': keyToPem(authority.key), 'etcd-ca.crt': authority.certificate }
    const files = Object.entries(SHARED_FILES).map(([name, { path }]) => [name, own[name] ?? other.host.text(path)])
    return { role: 'master', files: Object.fromEntries(files) }
  }
  return fake
}

function asWorker(layout?: Layout): FakeKubernetes {
  const fake = fakeKubernetes({ masters: [{ name: 'm1', address: FIRST }], endpoint: `${FIRST}:6443` }, layout)
  const { host, params } = fake
  params.task = 'worker'
  params.node = { ...params.node, roles: ['worker'] }
  params.requestInvitation = async () => ({ role: 'worker', token: TOKEN, caHash: `sha256:${'a'.repeat(64)}` })
  host.on([`${host.layout.binaries}/kubeadm`, 'join', 'phase'], (argv) => {
    if (argv[3] !== 'kubelet-start') return {}
    host.files.seed('/etc/kubernetes/pki/ca.crt', authority.certificate)
    host.files.seed('/etc/kubernetes/kubelet.conf', kubeletConf(`${FIRST}:6443`))
    host.files.seed('/var/lib/kubelet/pki/pair.pem', KUBELET_PAIR)
    host.files.seedLink('/var/lib/kubelet/pki/kubelet-client-current.pem', '/var/lib/kubelet/pki/pair.pem')
    host.units.set('kubelet.service', { active: true })
    return {}
  })
  host.network.onRequest(`https://${FIRST}:6443/`, (url, { tls }) => {
    const { pathname, searchParams } = new URL(url)
    if (pathname === '/readyz') return { status: 200 }
    // Requests as a node, with its own certificate.
    if (tls?.cert !== KUBELET_PAIR) return { status: 401 }
    // The kubelet has registered with its labels.
    const registered = { metadata: { labels: { site: 'north' } }, status: READY }
    if (pathname === '/api/v1/nodes/n1') return { status: 200, body: JSON.stringify(registered) }
    if (searchParams.get('fieldSelector') !== 'spec.nodeName=n1') return { status: 403 }
    const pod = (namespace: string, name: string) => ({ metadata: { namespace, name }, status: READY })
    const items = [pod('kube-system', 'kube-proxy-x8zqk'), pod('kube-flannel', 'kube-flannel-ds-lq4bb')]
    return { status: 200, body: JSON.stringify({ items }) }
  })
  return fake
}

const table: [string, Workflow<ProvisionParams>, () => FakeKubernetes][] = [
  ['master', master, asMaster],
  ['worker', worker, asWorker],
]

async function bringUp(workflow: Workflow<ProvisionParams>, fake: FakeKubernetes): Promise<string[]> {
  const applied: string[] = []
  for (const component of workflow.components) applied.push(...(await runComponent(component, fake)))
  return applied
}

test.each(table)('a bare machine becomes a %s, and a second run finds all of it done', async (_, workflow, open) => {
  const fake = open()
  expect((await bringUp(workflow, fake)).length).toBeGreaterThan(10)
  expect(await bringUp(workflow, fake)).toEqual([])
})

test.each(table)('a repair of a %s, which is another run, finds everything done as well', async (_, workflow, open) => {
  const fake = open()
  await bringUp(workflow, fake)
  fakeEtcd(fake.host, [FIRST, '10.0.0.5'], { name: 'n1', peer: 'https://10.0.0.5:2380' })
  fake.params.run = 'r-bbbbbbbbbb'
  fake.params.requestInvitation = async () => {
    throw new Error('one that has joined needs no invitation')
  }
  expect(await bringUp(workflow, fake)).toEqual([])
})

test.each(table)('each component of the %s comes after its dependencies', (_, workflow, open) => {
  const ids = workflow.components.map(({ id }) => id)
  for (const { id, after } of workflow.components) {
    for (const earlier of after.filter((each) => ids.includes(each))) {
      expect(ids.indexOf(earlier), `${id} after ${earlier}`).toBeLessThan(ids.indexOf(id))
    }
  }
  const steps = workflow.components.flatMap((component) => component.steps(open().params).map(({ id }) => id))
  expect(new Set(steps).size).toBe(steps.length)
})

test.each(table)('the plan of a %s changes nothing, does not wait, and sends no request', async (_, workflow, open) => {
  const fake = open()
  fake.params.requestInvitation = async () => {
    throw new Error('a plan asks for no invitation')
  }
  const planning = planningHost(fake.host.machine, '/var/lib/cantrip/backups')
  const before = fake.host.files.snapshot()
  const startMs = fake.host.clock.nowMs
  const planned = await planWorkflow(workflow, fake.params, planning, new AbortController().signal)
  expect(planned.filter(({ unknown }) => unknown !== undefined)).toEqual([])
  expect(fake.host.clock.nowMs).toBe(startMs)
  expect(fake.host.files.snapshot()).toEqual(before)
})

test('a worker has neither etcd nor a key of the cluster', async () => {
  const fake = asWorker()
  await bringUp(worker, fake)
  const paths = [...fake.host.files.nodes.keys()]
  expect(paths.filter((path) => /etcd|ca\.key|admin\.conf|kube-apiserver/.test(path))).toEqual([])
  expect([...fake.images.keys()].filter((image) => /apiserver|controller-manager|scheduler/.test(image))).toEqual([])
})

test.each(table)('no command line and no record of the %s contains a secret', async (_, workflow, open) => {
  const fake = open()
  await bringUp(workflow, fake)
  expect(JSON.stringify([fake.host.calls, fake.host.changes])).not.toMatch(/PRIVATE KEY|abcdef\.0123/)
})

test.each<[string, Workflow<ProvisionParams>, (layout: Layout) => FakeKubernetes]>([
  ['the first master', firstMaster, (layout) => fakeKubernetes({}, layout)],
  ['a further master', master, asMaster],
  ['a worker', worker, asWorker],
])('%s: each layout has its own directories, and neither those of the other', async (_, { components }, make) => {
  const foreign = new Map([
    [READ_ONLY_USR, /\/usr\/(local|libexec)\b/],
    [STANDARD, /\/opt\/(bin|lib|libexec)\b/],
  ])
  for (const [layout, pattern] of foreign) {
    const fake = make(layout)
    const { host } = fake
    for (const component of components) await runComponent(component, fake)
    const started = host.calls.filter(([program = '']) => pattern.test(program)).map((argv) => argv.join(' '))
    const changed = host.changes.filter((change) => pattern.test(JSON.stringify(change)))
    const written = [...host.files.nodes.keys()].filter(
      (path) => path.startsWith('/etc/') && pattern.test(text(host, path)),
    )
    expect({ layout: layout.name, started, changed, written }).toEqual({
      ...{ layout: layout.name, started: [], changed: [], written: [] },
    })
  }
})

/** Of a file, without the search path of a service. Empty for directories and links. */
const text = ({ files }: FakeKubernetes['host'], path: string) =>
  (files.nodes.get(path)?.kind === 'file' ? (files.bytes(path)?.toString() ?? '') : '').replace(
    /^Environment=PATH=[^:]*:.*$/m,
    '',
  )
