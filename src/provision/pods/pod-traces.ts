import type { Host } from '../../host/host.ts'
import { KUBELET_SYSCTLS } from '../../host/kernel/kubelet-sysctls.ts'
import type { ProvisionParams } from '../params.ts'
import { CNI_CONFIGURATION, CNI_PLUGINS, CONTAINERD, KUBELET_STATE } from '../paths.ts'

interface NetworkTraces {
  /** Directories to remove with all content, whoever created it. */
  trees: readonly string[]
  /** Files in directories that other programs use as well. */
  files: readonly string[]
  /** Network names in the CNI configuration. */
  networks: readonly string[]
  chains: readonly string[]
  nftTables: readonly string[]
  links: readonly string[]
}

/** What each pod network creates. A pod network that the administrator installs is not tracked. */
const NETWORKS: Record<ProvisionParams['cluster']['cni'], NetworkTraces> = {
  flannel: {
    trees: ['/run/flannel'],
    files: [],
    networks: ['cbr0'],
    chains: ['FLANNEL-', 'CNI-'],
    nftTables: ['flannel-ipv4', 'flannel-ipv6'],
    links: ['cni0', 'flannel.1', 'flannel-v6.1'],
  },
  calico: {
    trees: ['/run/calico', '/var/lib/calico', '/var/log/calico'],
    files: [
      ...['10-calico.conflist', 'calico-kubeconfig'].map((name) => `${CNI_CONFIGURATION}/${name}`),
      ...['calico', 'calico-ipam', 'install'].map((name) => `${CNI_PLUGINS}/${name}`),
    ],
    networks: ['k8s-pod-network'],
    chains: ['cali-', 'CNI-'],
    nftTables: ['calico'],
    links: ['cali*', 'tunl0', 'vxlan.calico', 'vxlan-v6.calico', 'wireguard.cali', 'wg-v6.cali'],
  },
  cilium: {
    trees: ['/run/cilium'],
    files: [`${CNI_CONFIGURATION}/05-cilium.conflist`, `${CNI_PLUGINS}/cilium-cni`],
    networks: ['cilium'],
    chains: ['CILIUM_', 'CNI-'],
    nftTables: [],
    links: ['cilium_*', 'lxc*'],
  },
  none: { trees: [], files: [], networks: [], chains: [], nftTables: [], links: [] },
}

/** hostPath volumes of kube-proxy, which the kubelet and the runtime create if they are missing. */
const HOST_PATHS = ['/run/xtables.lock', '/lib/modules']
/** Directories of volume plugins for the kubelet and the controllers, which can contain plugins of others. */
const VOLUME_PLUGINS = ['', '/kubelet-plugins', '/kubelet-plugins/volume', '/kubelet-plugins/volume/exec'].map(
  (below) => `/usr/libexec/kubernetes${below}`,
)
const LOGS = ['/var/log/pods', '/var/log/containers']

/** Kernel parameters that kube-proxy sets, to values that depend on its configuration and the number of CPUs. */
const OF_KUBE_PROXY = [
  'net.ipv4.conf.all.route_localnet',
  'net.netfilter.nf_conntrack_buckets',
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_tcp_timeout_established',
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
]

/**
 * Records the undo of what pods create, before the kubelet starts; what must be undone last is recorded first. The undo stops
 * the kubelet, ends containers, unmounts volumes, then removes networks, rules, control groups, and finally files. The files
 * that show which network is Cantrip's are removed after that network.
 */
export async function expectWhatPodsLeave(host: Host, { cluster }: Pick<ProvisionParams, 'cluster'>): Promise<void> {
  const { trees, files, networks, chains, nftTables, links } = NETWORKS[cluster.cni]
  await expectSysctls(host)
  for (const path of [...HOST_PATHS, ...files, ...VOLUME_PLUGINS]) await host.expect({ kind: 'remove-path', path })
  await host.expect({ kind: 'remove-tree', path: KUBELET_STATE })
  await host.expect({ kind: 'remove-tree', path: '/var/lib/cni', containerd: CONTAINERD.root })
  for (const path of [`${KUBELET_STATE}/pods`, `${KUBELET_STATE}/plugins`, ...trees, ...LOGS])
    await host.expect({ kind: 'remove-tree', path, all: true })
  await host.expect({ kind: 'remove-cgroups', names: ['kubepods', 'kubepods.slice'] })
  await host.expect({ kind: 'remove-chains', prefixes: ['KUBE-', ...chains], networks: [...networks] })
  await host.expect({ kind: 'remove-nft-tables', names: ['kube-proxy', ...nftTables] })
  await host.expect({ kind: 'remove-links', names: ['kube-ipvs0', ...links] })
  await host.expect({ kind: 'remove-path', path: '/run/netns' })
  await host.expect({ kind: 'unmount-below', path: '/run/netns' })
  await host.expect({ kind: 'remove-network-namespaces', names: ['cni-*'], containerd: CONTAINERD.root })
  await host.expect({ kind: 'unmount-below', path: `${KUBELET_STATE}/plugins` })
  await host.expect({ kind: 'unmount-below', path: `${KUBELET_STATE}/pods` })
  await host.expect({ kind: 'container-processes', containerdNamespace: 'k8s.io', socket: CONTAINERD.socket })
}

async function expectSysctls(host: Host): Promise<void> {
  const keys: [key: string, written?: string][] = [
    ...KUBELET_SYSCTLS.map(([key, value]): [string, string] => [key, value]),
    ...OF_KUBE_PROXY.map((key): [string] => [key]),
  ]
  for (const [key, written] of keys) {
    const before = (await host.read(`/proc/sys/${key.replaceAll('.', '/')}`))?.trim()
    if (before === undefined) continue
    await host.expect({ kind: 'sysctl', key, before, ...(written !== undefined && { written }) })
  }
}
