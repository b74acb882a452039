import { expect, test } from 'vitest'
import { FLANNEL_MANIFEST } from '../../../test/support/fixtures/flannel-manifest.ts'
import { type KubernetesObject, type Network, render } from './render.ts'

const SETTINGS = { podSubnet: '10.42.0.0/16', endpoint: '10.0.0.5:6443', identity: 'x' }

async function rendered(network: Network, manifest: string, settings = SETTINGS): Promise<KubernetesObject[]> {
  return JSON.parse(await render(network, manifest, settings)).items
}

const ofKind = (objects: KubernetesObject[], kind: string) => objects.find((object) => object.kind === kind)
const envOf = (objects: KubernetesObject[]) =>
  ofKind(objects, 'DaemonSet')?.spec?.template?.spec.containers[0]?.env?.map(({ name, ...value }) => [name, value])

test("flannel: the cluster's subnet, the node's own interface, the API without kube-proxy", async () => {
  const objects = await rendered('flannel', FLANNEL_MANIFEST)
  const network = JSON.parse(ofKind(objects, 'ConfigMap')?.data?.['net-conf.json'] ?? '')
  expect(network).toMatchObject({ Network: '10.42.0.0/16', Backend: { Type: 'vxlan' } })
  const env = Object.fromEntries(envOf(objects) ?? [])
  expect(env.KUBERNETES_SERVICE_HOST).toEqual({ value: '10.0.0.5' })
  expect(env.KUBERNETES_SERVICE_PORT).toEqual({ value: '6443' })
  expect(env.FLANNELD_IFACE).toEqual({ valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } })
  expect(env.EVENT_QUEUE_DEPTH).toEqual({ value: '5000' })
  // The agent has installed plugin and configuration.
  expect(ofKind(objects, 'DaemonSet')?.spec?.template?.spec).not.toHaveProperty('initContainers')
})

test('flannel: an IPv6 subnet', async () => {
  const objects = await rendered('flannel', FLANNEL_MANIFEST, { ...SETTINGS, podSubnet: 'fd00:42::/56' })
  const network = JSON.parse(ofKind(objects, 'ConfigMap')?.data?.['net-conf.json'] ?? '')
  expect(network).toMatchObject({ EnableIPv4: false, EnableIPv6: true, IPv6Network: 'fd00:42::/56' })
  expect(network).not.toHaveProperty('Network')
})

const CALICO = `
kind: ConfigMap
apiVersion: v1
metadata: {name: calico-config, namespace: kube-system}
---
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: calico-node, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - name: calico-node
          env:
            - {name: IP, value: autodetect}
            # - name: CALICO_IPV4POOL_CIDR
            #   value: "192.168.0.0/16"
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: calico-kube-controllers, namespace: kube-system}
`

test('Calico: its pool is the subnet of the cluster', async () => {
  const objects = await rendered('calico', CALICO)
  const env = Object.fromEntries(envOf(objects) ?? [])
  expect(env.CALICO_IPV4POOL_CIDR).toEqual({ value: '10.42.0.0/16' })
  expect(env.IP).toEqual({ value: 'autodetect' })
  expect(env.IP_AUTODETECTION_METHOD).toEqual({ value: 'kubernetes-internal-ip' })
  expect(objects.map(({ kind }) => kind)).toEqual(['ConfigMap', 'DaemonSet', 'Deployment'])
})

const CILIUM = `
kind: ConfigMap
apiVersion: v1
metadata: {name: cilium-config, namespace: kube-system}
data: {cluster-pool-ipv4-cidr: "10.0.0.0/8", cluster-pool-ipv4-mask-size: "24"}
---
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: cilium, namespace: kube-system}
`

test('Cilium: its pool is the subnet of the cluster', async () => {
  const objects = await rendered('cilium', CILIUM)
  expect(ofKind(objects, 'ConfigMap')?.data).toMatchObject({
    ipam: 'cluster-pool',
    'cluster-pool-ipv4-cidr': '10.42.0.0/16',
    'cluster-pool-ipv4-mask-size': '24',
  })
})

test('an unsuitable manifest is refused by name', async () => {
  await expect(rendered('calico', CILIUM)).rejects.toMatchObject({ code: 'cni/manifest-not-usable' })
})
