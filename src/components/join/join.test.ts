import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { KUBELET_PAIR, kubeletConf, kubeletPair } from '../../../test/support/fake-kubeadm.ts'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { join } from './component.ts'

const ENDPOINT = 'api.demo.cantrip.internal:6443'
const TOKEN = 'abcdef.0123456789abcdef'
const CA_HASH = `sha256:${'a'.repeat(64)}`
const CONFIGURATION = '/run/cantrip-join/join.yaml'
const PAIR = '/var/lib/kubelet/pki/kubelet-client-2026.pem'
const CURRENT = '/var/lib/kubelet/pki/kubelet-client-current.pem'
const MINUTE_MS = 60_000

/** A worker whose kubelet gets its certificate when it starts with a token that is younger than half an hour. */
function worker(): FakeKubernetes & { asked: number; configurations: string[] } {
  const fake = { ...fakeKubernetes(), asked: 0, configurations: [] as string[] }
  const { host, params } = fake
  params.task = 'worker'
  params.node = { ...params.node, roles: ['worker'] }
  params.cluster = { ...params.cluster, endpoint: ENDPOINT }
  params.requestInvitation = async () => {
    fake.asked += 1
    return { role: 'worker', token: TOKEN, caHash: CA_HASH }
  }
  host.on(['/usr/local/bin/kubeadm', 'join', 'phase', 'preflight'], { stdout: 'fine' })
  host.on(['/usr/local/bin/kubeadm', 'join', 'phase', 'kubelet-start'], () => {
    fake.configurations.push(host.text(CONFIGURATION))
    host.files.seed('/etc/kubernetes/bootstrap-kubelet.conf', `token: ${TOKEN}`)
    host.files.seed('/etc/kubernetes/kubelet.conf', kubeletConf(ENDPOINT))
    host.files.seed(PAIR, KUBELET_PAIR)
    host.files.seedLink(CURRENT, PAIR)
    host.units.set('kubelet.service', { active: true })
    return {}
  })
  return fake
}

test('joins with a file that only root can read, a token and the hash of the CA', async () => {
  const fake = worker()
  await runComponent(join, fake)
  const configuration = parse(fake.configurations[0] ?? '')
  expect(configuration.discovery.bootstrapToken).toEqual({
    apiServerEndpoint: 'api.demo.cantrip.internal:6443',
    token: TOKEN,
    caCertHashes: [CA_HASH],
  })
  expect(configuration.nodeRegistration.kubeletExtraArgs).toEqual([
    { name: 'node-ip', value: '10.0.0.5' },
    { name: 'containerd', value: '/run/cantrip-containerd/containerd.sock' },
    { name: 'node-labels', value: 'site=north' },
  ])
  expect(await runComponent(join, fake)).toEqual([])
})

test('from 1.37 on, the kubelet of a worker does not start with the flag of the socket of containerd', async () => {
  const fake = worker()
  fake.params.cluster.kubernetesVersion = 'v1.37.0'
  await runComponent(join, fake)
  expect(parse(fake.configurations[0] ?? '').nodeRegistration.kubeletExtraArgs).toEqual([
    { name: 'node-ip', value: '10.0.0.5' },
    { name: 'node-labels', value: 'site=north' },
  ])
})

test('the token is not kept: in no file, backup, command line or record', async () => {
  const fake = worker()
  await runComponent(join, fake)
  const kept = [...fake.host.files.nodes].filter(([, node]) => node.kind === 'file' && node.bytes.includes(TOKEN))
  expect(kept.map(([path]) => path)).toEqual([])
  expect(JSON.stringify([fake.host.calls, fake.host.changes])).not.toContain(TOKEN)
})

test('an interrupted join is repeated with a token that is still valid', async () => {
  const fake = worker()
  fake.host.on(['/usr/local/bin/kubeadm', 'join', 'phase', 'kubelet-start'], { exitCode: 1 })
  await expect(runComponent(join, fake)).rejects.toMatchObject({ code: 'command/failed' })
  await expect(runComponent(join, fake)).rejects.toMatchObject({ code: 'command/failed' })
  expect(fake.asked).toBe(1)
  fake.host.clock.nowMs += 21 * MINUTE_MS
  await expect(runComponent(join, fake)).rejects.toMatchObject({ code: 'command/failed' })
  expect(fake.asked).toBe(2)
})

test.each([
  ['its certificate', PAIR],
  ['its kubeconfig', '/etc/kubernetes/kubelet.conf'],
])('joins again after a power cut emptied %s', async (_, path) => {
  const fake = worker()
  await runComponent(join, fake)
  fake.host.files.seed(path, '')
  expect(await runComponent(join, fake)).toEqual(['join/accept-invitation', 'join/start-kubelet'])
  expect(fake.host.text(CURRENT)).toBe(KUBELET_PAIR)
  expect(fake.host.text('/etc/kubernetes/kubelet.conf')).toBe(kubeletConf(ENDPOINT))
  expect(fake.asked).toBe(2)
})

test('an override of the node registration applies to workers too', async () => {
  const fake = worker()
  const kubeadm = 'kind: InitConfiguration\nnodeRegistration: {ignorePreflightErrors: [Swap]}\n'
  fake.params.cluster = { ...fake.params.cluster, overrides: { kubeadm } }
  await runComponent(join, fake)
  expect(parse(fake.configurations[0] ?? '').nodeRegistration).toMatchObject({
    name: 'n1',
    ignorePreflightErrors: ['Swap'],
  })
})

test('an override with a flag that the kubelet has lost is refused before the worker joins', async () => {
  const fake = worker()
  const kubeadm = 'kind: JoinConfiguration\nnodeRegistration: {kubeletExtraArgs: [{name: boot-id-file, value: /x}]}\n'
  fake.params.cluster = { ...fake.params.cluster, kubernetesVersion: 'v1.37.0', overrides: { kubeadm } }
  await expect(runComponent(join, fake)).rejects.toMatchObject({ code: 'override/not-usable' })
  expect(fake.configurations).toEqual([])
})

test('a node whose certificate expired while it was off joins again with another token', async () => {
  const fake = worker()
  const { host } = fake
  await runComponent(join, fake)
  host.files.seed('/etc/kubernetes/pki/ca.crt', 'ca')
  for (const name of ['config.yaml', 'kubeadm-flags.env']) host.files.seed(`/var/lib/kubelet/${name}`, 'x')
  host.clock.nowMs += 366 * 24 * 60 * MINUTE_MS
  const restart = host.machine.restartUnit
  let bootstrap: unknown
  host.machine.restartUnit = async (unit) => {
    bootstrap = JSON.parse(host.text('/etc/kubernetes/bootstrap-kubelet.conf'))
    host.files.seed('/etc/kubernetes/kubelet.conf', kubeletConf(ENDPOINT))
    host.files.seed(PAIR, kubeletPair(host.now()))
    host.files.seedLink(CURRENT, PAIR)
    await restart(unit)
  }
  expect(await runComponent(join, fake)).toEqual(['join/accept-invitation', 'join/start-kubelet'])
  expect(bootstrap).toMatchObject({
    clusters: [
      {
        cluster: {
          server: 'https://api.demo.cantrip.internal:6443',
          'certificate-authority': '/etc/kubernetes/pki/ca.crt',
        },
      },
    ],
    users: [{ user: { token: TOKEN } }],
  })
  expect(fake.configurations, 'kubeadm would refuse a node that the cluster shows as Ready').toHaveLength(1)
  expect(host.files.get('/etc/kubernetes/bootstrap-kubelet.conf')).toBeUndefined()
  const newestFirst = host.changes.map(({ undo }) => undo).reverse()
  const stops = newestFirst.findIndex((undo) => undo.kind === 'unit' && undo.before.active === false)
  const ends = newestFirst.findIndex(({ kind }) => kind === 'container-processes')
  expect(ends, 'a kubelet that runs would start containers again').toBeGreaterThan(stops)
  expect(await runComponent(join, fake)).toEqual([])
})
