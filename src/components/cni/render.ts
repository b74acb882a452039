import { AgentError } from '../../base/agent-error.ts'
import { parseSubnet } from '../../base/net/subnet.ts'
import { splitHostPort } from '../../provision/api/endpoint.ts'
import { readYaml } from '../../provision/kubeadm/yaml.ts'

export type Network = 'flannel' | 'calico' | 'cilium'
export const MANIFEST_ANNOTATION = 'cantrip.local/manifest'

interface Container {
  name: string
  args?: string[]
  env?: { name: string; [source: string]: unknown }[]
}

/** The fields of a Kubernetes object that are read here. */
export interface KubernetesObject {
  kind: string
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> }
  data?: Record<string, string>
  spec?: { template?: { spec: { initContainers?: unknown; containers: Container[] } } }
}

export interface Settings {
  podSubnet: string
  /** The API endpoint, HOST:PORT. */
  endpoint: string
  /** Written to an annotation of the workload, by which a second run detects what was applied. */
  identity: string
}

const WORKLOAD: Record<Network, string> = { flannel: 'kube-flannel-ds', calico: 'calico-node', cilium: 'cilium' }
const SET: Record<Network, (objects: readonly KubernetesObject[], settings: Settings) => void> = {
  flannel: setFlannel,
  calico: setCalico,
  cilium: setCilium,
}

/** The upstream manifest with the cluster's settings, as a List for kubectl. */
export async function render(network: Network, manifest: string, settings: Settings): Promise<string> {
  const objects = (await readYaml(manifest))
    .map(({ value }) => value as KubernetesObject | null)
    .filter((object) => object !== null)
  SET[network](objects, settings)
  const { metadata } = find(objects, 'DaemonSet', WORKLOAD[network])
  metadata.annotations = { ...metadata.annotations, [MANIFEST_ANNOTATION]: settings.identity }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
}

function setFlannel(objects: readonly KubernetesObject[], { podSubnet, endpoint }: Settings): void {
  const { data } = find(objects, 'ConfigMap', 'kube-flannel-cfg')
  const network = isOfIpv6(podSubnet)
    ? { EnableIPv4: false, EnableIPv6: true, IPv6Network: podSubnet }
    : { Network: podSubnet }
  const { Network: _, ...rest } = JSON.parse(data?.['net-conf.json'] ?? '{}')
  if (data) data['net-conf.json'] = JSON.stringify({ ...network, ...rest })

  const pod = find(objects, 'DaemonSet', 'kube-flannel-ds').spec?.template?.spec
  // They copy the plugin and its configuration to the node, where the agent has installed both from the bundle.
  delete pod?.initContainers
  // On a machine with several interfaces flannel would use that of the default route.
  setEnv(pod?.containers, 'kube-flannel', {
    name: 'FLANNELD_IFACE',
    valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } },
  })
  // The service address depends on kube-proxy: before its rules exist, flannel would wait 30 s for a lost connection.
  const { host, port } = splitHostPort(endpoint)
  setEnv(pod?.containers, 'kube-flannel', { name: 'KUBERNETES_SERVICE_HOST', value: host })
  setEnv(pod?.containers, 'kube-flannel', { name: 'KUBERNETES_SERVICE_PORT', value: port })
}

function setCalico(objects: readonly KubernetesObject[], { podSubnet }: Settings): void {
  const containers = find(objects, 'DaemonSet', 'calico-node').spec?.template?.spec.containers
  const family = isOfIpv6(podSubnet) ? 'IPV6' : 'IPV4'
  setEnv(containers, 'calico-node', { name: `CALICO_${family}POOL_CIDR`, value: podSubnet })
  const method = family === 'IPV6' ? 'IP6_AUTODETECTION_METHOD' : 'IP_AUTODETECTION_METHOD'
  setEnv(containers, 'calico-node', { name: method, value: 'kubernetes-internal-ip' })
}

function setCilium(objects: readonly KubernetesObject[], { podSubnet }: Settings): void {
  const configuration = find(objects, 'ConfigMap', 'cilium-config')
  const isV6 = isOfIpv6(podSubnet)
  configuration.data = {
    ...configuration.data,
    ipam: 'cluster-pool',
    'enable-ipv4': String(!isV6),
    'enable-ipv6': String(isV6),
    [isV6 ? 'cluster-pool-ipv6-cidr' : 'cluster-pool-ipv4-cidr']: podSubnet,
  }
}

function setEnv(
  containers: Container[] | undefined,
  name: string,
  entry: { name: string; [source: string]: unknown },
): void {
  for (const container of containers ?? []) {
    if (container.name !== name) continue
    container.env = [...(container.env ?? []).filter((other) => other.name !== entry.name), entry]
  }
}

function find(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
  if (found !== undefined) return found
  throw new AgentError('cni/manifest-not-usable', `the network's manifest in the bundle has no ${kind} ${name}`, {
    fix: "build the bundle with the project's own manifest of that network",
  })
}

function isOfIpv6(subnet: string): boolean {
  return parseSubnet(subnet)?.family === 'ipv6'
}
