import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { outdate } from '../../test/support/outdated-unit.ts'
import { planWorkflow } from '../engine/plan-workflow.ts'
import { planningHost } from '../host/planning.ts'
import { addOns } from './add-ons.ts'
import { firstMaster } from './first-master.ts'
import { upgradeMaster } from './upgrade.ts'
import { workflowOf } from './workflows.ts'

const NEXT = 'v1.99.1'

async function run(fake: FakeKubernetes, { components } = upgradeMaster): Promise<string[]> {
  const applied: string[] = []
  for (const component of components) applied.push(...(await runComponent(component, fake)))
  return applied
}

/** A first master that runs, whose parameters now name another version, with another content of each executable and image. */
async function due(): Promise<FakeKubernetes> {
  const fake = fakeKubernetes()
  await run(fake, firstMaster)
  fake.host.changes.length = 0
  fake.host.calls.length = 0
  fake.host.clock.nowMs += 60_000
  const next = fakeKubernetes({ kubernetesVersion: NEXT }).params
  for (const file of next.bundleStore.manifest.files) {
    if (file.role === 'image') file.name = file.name.replace(/(registry.k8s.io\/kube-.*):.*/, `$1:${NEXT}`)
  }
  fake.params.cluster.kubernetesVersion = NEXT
  Object.assign(fake.params, { bundleStore: next.bundleStore, run: 'r-bbbbbbbbbb' })
  return fake
}

const CTR = [
  ...['/usr/local/lib/cantrip/bin/ctr', '--address', '/run/cantrip-containerd/containerd.sock'],
  ...['--namespace', 'k8s.io'],
]

const at = (calls: readonly (readonly string[])[], text: string) =>
  calls.findIndex((argv) => argv.join(' ').includes(text))

test('the kubelet is stopped while the manifests change and the old processes end, and then started', async () => {
  const fake = await due()
  fake.host.on([...CTR, 'containers'], { stdout: 'aaa\nbbb\n' })
  fake.host.on([...CTR, 'tasks'], {})
  expect(await run(fake)).toEqual([
    'api-server-images/import',
    'controller-images/import',
    'network-images/import',
    'etcd-snapshot/save',
    'kubeadm/write-configuration',
    'exchange/control-plane',
    'cluster-config/upload',
  ])
  const { calls } = fake.host
  const order = ['snapshot save', 'systemctl stop kubelet', 'control-plane all', 'SIGKILL aaa', 'phase kubelet-start']
  const places = order.map((text) => at(calls, text))
  expect(places.every((place) => place >= 0)).toBe(true)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(calls.filter((argv) => argv.includes('SIGKILL')).map((argv) => argv.at(-1))).toEqual(['aaa', 'bbb'])
  expect(at(calls, 'member remove')).toBe(-1)
  expect(await run(fake)).toEqual([])
  expect(await run(fake, addOns)).toEqual(['kube-proxy/apply', 'coredns/apply'])
  expect(await run(fake, addOns)).toEqual([])
})

test('etcd is restarted while its API server is down: a watch would keep it for 7 s, and requests would wait', async () => {
  const fake = await due()
  outdate(fake.host, 'etcd.service')
  fake.host.on([...CTR, 'containers'], { stdout: 'aaa\n' })
  fake.host.on([...CTR, 'tasks'], {})
  expect(await run(fake)).not.toContain('etcd/start-service')
  const { calls } = fake.host
  const order = ['snapshot save', 'stop kubelet', 'SIGKILL aaa', 'restart etcd', 'phase kubelet-start']
  const places = order.map((text) => at(calls, text))
  expect(places.every((place) => place >= 0)).toBe(true)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(calls.filter((argv) => argv.join(' ').includes('restart etcd'))).toHaveLength(1)
  expect(await run(fake)).toEqual([])
})

test('etcd alone is due: its API server ends for it, and the kubelet starts it again', async () => {
  const fake = await due()
  fake.host.on([...CTR, 'tasks'], {})
  await run(fake)
  outdate(fake.host, 'etcd.service')
  fake.host.on([...CTR, 'containers'], (argv) => ({
    stdout: argv.some((word) => word.includes('name"==kube-apiserver')) ? 'server\n' : 'other\n',
  }))
  fake.host.calls.length = 0
  expect(await run(fake)).toEqual(['exchange/control-plane'])
  const { calls } = fake.host
  expect(calls.filter((argv) => argv.includes('SIGKILL')).map((argv) => argv.at(-1))).toEqual(['server'])
  expect(at(calls, 'SIGKILL server')).toBeLessThan(at(calls, 'restart etcd'))
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
})

test('an etcd that does not start again leaves a kubelet that runs, and its error', async () => {
  const fake = await due()
  outdate(fake.host, 'etcd.service')
  fake.host.on([...CTR, 'tasks'], {})
  fake.host.machine.restartUnit = async () => {
    throw new Error('etcd failed')
  }
  await expect(run(fake)).rejects.toThrow('etcd failed')
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
})

test('a changed setting changes what reads it, and nothing else', async () => {
  const fake = fakeKubernetes()
  await run(fake, firstMaster)
  fake.host.on([...CTR, 'containers'], {})
  fake.host.on([...CTR, 'tasks'], {})
  const after = async (changes: Partial<FakeKubernetes['params']['cluster']>) => {
    fake.host.clock.nowMs += 60_000
    Object.assign(fake.params.cluster, changes)
    Object.assign(fake.params, { run: `r-${fake.host.clock.nowMs}` })
    const applied = await run(fake)
    expect(await run(fake)).toEqual([])
    return applied.filter((id) => id !== 'etcd-snapshot/save')
  }
  expect(await after({ httpProxy: 'http://proxy:3128' })).toEqual(['containerd/write-configuration'])
  expect(await after({ registryMirrors: { 'docker.io': 'https://mirror' } })).toEqual(['containerd/write-mirrors'])
  expect(await after({ overrides: { kubelet: 'maxPods: 50' } })).toEqual([
    ...['kubeadm/write-configuration', 'exchange/control-plane', 'cluster-config/upload'],
  ])
  expect(await after({ certSANs: ['api.example.org'] })).toEqual([
    ...['kubeadm/write-configuration', 'kubeadm/issue-certificates', 'exchange/control-plane', 'cluster-config/upload'],
  ])
  const restarted = (text: string) => fake.host.calls.filter((argv) => argv.join(' ').includes(text)).length
  // The API server reads its certificate again when it changes.
  expect(restarted('control-plane all')).toBe(0)
  expect(await after({ certSANs: [] })).toContain('kubeadm/issue-certificates')
})

test('a kill in the exchange: the next run kills what was to be killed, and starts the kubelet', async () => {
  const fake = await due()
  fake.host.on([...CTR, 'containers'], () => {
    throw new Error('killed')
  })
  await expect(run(fake)).rejects.toThrow('killed')
  fake.host.units.set('kubelet.service', { enabled: true, active: false })
  fake.host.on([...CTR, 'containers'], (argv) => ({
    stdout: argv
      .filter((word) => word.includes('container.name'))
      .map((_, index) => `c${index}\n`)
      .join(''),
  }))
  fake.host.on([...CTR, 'tasks'], {})
  expect(await run(fake)).toContain('exchange/control-plane')
  expect(fake.host.calls.filter((argv) => argv.includes('SIGKILL'))).toHaveLength(3)
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
  expect(await run(fake)).toEqual([])
})

test('an exchange that fails leaves a kubelet that runs', async () => {
  const fake = await due()
  fake.host.on(['/usr/local/bin/kubeadm', 'init', 'phase', 'control-plane'], () => {
    throw new Error('kubeadm refused')
  })
  await expect(run(fake)).rejects.toThrow('kubeadm refused')
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
})

test('the plan names the exchange before it happens, and changes nothing', async () => {
  const fake = await due()
  const before = fake.host.files.snapshot()
  const planning = planningHost(fake.host.machine, '/var/lib/cantrip/backups')
  const planned = await planWorkflow(upgradeMaster, fake.params, planning, new AbortController().signal)
  expect(planned.map(({ id, unknown }) => [id, unknown])).toContainEqual(['exchange/control-plane', undefined])
  expect(fake.host.files.snapshot()).toEqual(before)
})

test('each step of an upgrade comes after the one before it', () => {
  for (const task of ['first-master', 'master', 'worker'] as const) {
    const { components } = workflowOf('upgrade', task)
    expect(components.map(({ after }) => after)).toEqual([[], ...components.slice(0, -1).map(({ id }) => [id])])
  }
  expect(workflowOf('add-ons', 'master')).toBe(addOns)
})
