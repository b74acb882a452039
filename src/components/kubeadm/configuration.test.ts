import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import { STANDARD } from '../../base/layout.ts'
import { merge } from '../../provision/kubeadm/overrides.ts'
import { configuration } from './configuration.ts'

const OWN_CONTAINERD = { name: 'containerd', value: '/run/cantrip-containerd/containerd.sock' }

async function documents(cluster: Parameters<typeof fakeKubernetes>[0] = {}) {
  const [init, main, kubelet, proxy] = await configuration(STANDARD, fakeKubernetes(cluster).params)
  return { init, main, kubelet, proxy }
}

test('external etcd over TLS, own names in the certificate, addresses that need no resolver', async () => {
  const { init, main, kubelet } = await documents()
  expect(main).toMatchObject({
    controlPlaneEndpoint: '10.0.0.5:6443',
    networking: { podSubnet: '10.42.0.0/16', serviceSubnet: '10.43.0.0/16' },
    apiServer: { certSANs: ['n1', '10.0.0.5', 'localhost', '127.0.0.1'] },
    etcd: { external: { endpoints: ['https://127.0.0.1:2379'], caFile: '/etc/kubernetes/pki/etcd/ca.crt' } },
  })
  expect(init).toMatchObject({
    nodeRegistration: {
      name: 'n1',
      criSocket: 'unix:///run/cantrip-containerd/containerd.sock',
      kubeletExtraArgs: [{ name: 'node-ip', value: '10.0.0.5' }, OWN_CONTAINERD],
      taints: [],
    },
  })
  expect(kubelet).toEqual({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'systemd',
  })
})

test('from 1.37 on, the kubelet does not start with the flag of the socket of containerd', async () => {
  const { init } = await documents({ kubernetesVersion: 'v1.37.0' })
  expect(init).toMatchObject({ nodeRegistration: { kubeletExtraArgs: [{ name: 'node-ip', value: '10.0.0.5' }] } })
})

test('an override with a flag that the kubelet has lost is refused: it would take down the node', async () => {
  const kubeadm =
    'nodeRegistration: {kubeletExtraArgs: [{name: housekeeping-interval, value: 10s}, {name: boot-id-file, value: /x}]}'
  expect((await documents({ kubernetesVersion: 'v1.36.2', overrides: { kubeadm } })).init).toMatchObject({
    nodeRegistration: { kubeletExtraArgs: expect.arrayContaining([{ name: 'boot-id-file', value: '/x' }]) },
  })
  await expect(documents({ kubernetesVersion: 'v1.37.0', overrides: { kubeadm } })).rejects.toMatchObject({
    code: 'override/not-usable',
    message:
      'the override of kubeadm passes --boot-id-file to the kubelet, which has lost this flag in Kubernetes v1.37.0',
    fix: 'remove the flag from the file, then: controller cluster set demo overrides.kubeadm=@FILE',
  })
})

test('a dedicated master keeps the taint of kubeadm, an endpoint is in the certificate', async () => {
  const { init, main } = await documents({ dedicatedMasters: true, endpoint: 'api.example.org:443' })
  expect(init?.nodeRegistration).not.toHaveProperty('taints')
  // From the registration on: no pod is scheduled before kubeadm sets it.
  expect(init?.nodeRegistration).toMatchObject({
    kubeletExtraArgs: [
      { name: 'node-ip', value: '10.0.0.5' },
      OWN_CONTAINERD,
      { name: 'register-with-taints', value: 'node-role.kubernetes.io/control-plane=:NoSchedule' },
    ],
  })
  expect(main).toMatchObject({ controlPlaneEndpoint: 'api.example.org:443' })
  expect(main?.apiServer).toMatchObject({ certSANs: expect.arrayContaining(['api.example.org']) })
})

test.each([
  [undefined, undefined, false],
  ['issued', true, false],
  ['verified', true, true],
] as const)('serving certificates of kubelets: %s', async (kubeletCertificates, requests, verifies) => {
  const { main, kubelet } = await documents(kubeletCertificates && { kubeletCertificates })
  expect(kubelet?.serverTLSBootstrap).toBe(requests)
  expect(JSON.stringify(main?.apiServer).includes('kubelet-certificate-authority')).toBe(verifies)
})

test.each(['serverTLSBootstrap: false\n', 'tlsCertFile: /etc/kubelet.crt\n'])(
  'with the override %j the API server does not verify kubelets',
  async (kubelet) => {
    const { main } = await documents({ kubeletCertificates: 'verified', overrides: { kubelet } })
    expect(JSON.stringify(main)).not.toContain('kubelet-certificate-authority')
  },
)

test('an API server serves on after SIGTERM, so that clients go to another one', async () => {
  const argument = (value: string) => ({ name: 'shutdown-delay-duration', value })
  expect((await documents()).main?.apiServer).toMatchObject({ extraArgs: [argument('5s')] })
  const kubeadm = 'kind: ClusterConfiguration\napiServer: {extraArgs: [{name: shutdown-delay-duration, value: 70s}]}\n'
  const { main } = await documents({ overrides: { kubeadm } })
  expect(main?.apiServer).toMatchObject({ extraArgs: [argument('70s')] })
})

test('own arguments of the API server stay beside it', async () => {
  const kubeadm = 'kind: ClusterConfiguration\napiServer: {extraArgs: [{name: v, value: "2"}]}\n'
  const { main } = await documents({ kubeletCertificates: 'verified', overrides: { kubeadm } })
  const extraArgs = [
    { name: 'shutdown-delay-duration', value: '5s' },
    { name: 'kubelet-certificate-authority', value: '/etc/kubernetes/pki/ca.crt' },
    { name: 'v', value: '2' },
  ]
  expect(main?.apiServer).toMatchObject({ extraArgs })
})

test('overrides are merged into the document of their kind', async () => {
  const { init, kubelet, proxy } = await documents({
    overrides: {
      kubelet: 'cgroupDriver: cgroupfs\nfailSwapOn: false\n',
      'kube-proxy': 'conntrack: {min: 0}\n',
      kubeadm: 'kind: InitConfiguration\nnodeRegistration:\n  ignorePreflightErrors: [Swap]\n',
    },
  })
  expect(kubelet).toMatchObject({ cgroupDriver: 'cgroupfs', failSwapOn: false })
  expect(proxy).toMatchObject({ conntrack: { min: 0 } })
  expect(init?.nodeRegistration).toMatchObject({ name: 'n1', ignorePreflightErrors: ['Swap'] })
})

test('one override for first and joining nodes: each uses its own part', async () => {
  const kubeadm = `kind: InitConfiguration
nodeRegistration: {ignorePreflightErrors: [Swap]}
---
kind: ClusterConfiguration
controllerManager: {extraArgs: [{name: v, value: "2"}]}
---
kind: JoinConfiguration
nodeRegistration: {ignorePreflightErrors: [Mem]}
---
`
  const { params } = fakeKubernetes({ overrides: { kubeadm } })
  const kindsOf = async (task: typeof params.task) => {
    const [init, main] = await configuration(STANDARD, { ...params, task })
    return [init?.nodeRegistration, main?.controllerManager]
  }
  const arg = { extraArgs: expect.arrayContaining([{ name: 'v', value: '2' }]) }
  expect(await kindsOf('first-master')).toMatchObject([{ ignorePreflightErrors: ['Swap'] }, arg])
  expect(await kindsOf('master')).toMatchObject([{ ignorePreflightErrors: ['Mem'] }, arg])
})

test('lists of objects with a name are merged by name, other lists are replaced', () => {
  const base = {
    args: [
      { name: 'a', value: '1' },
      { name: 'b', value: '1' },
    ],
    list: [1, 2],
  }
  expect(merge(base, { args: [{ name: 'b', value: '2' }], list: [3] })).toEqual({
    args: [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ],
    list: [3],
  })
})

test.each([
  ['kubelet', { kubelet: 'a: [' }, /is not YAML/],
  ['kubelet', { kubelet: '- a\n' }, /not a mapping/],
  ['kubeadm', { kubeadm: 'kind: ResetConfiguration\n' }, /kind ResetConfiguration; .* is required/],
])('an override of %s that cannot be used is refused by name', async (_, overrides, message) => {
  await expect(documents({ overrides })).rejects.toMatchObject({
    code: 'override/not-usable',
    message: expect.stringMatching(message),
  })
})
