import { CALICO_CHAINS, POD_BRIDGE, POD_TUNNEL } from './kubernetes-names.ts'
import { CALICO_DIRECTORIES, CILIUM_STATE, CNI_CONFIGURATION, CNI_PLUGINS, FLANNEL_STATE } from './kubernetes-paths.ts'

/** The network name in flannel's CNI configuration. */
export const FLANNEL_NETWORK = 'cbr0'

interface PodNetworkTraces {
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
export const POD_NETWORK_TRACES: Readonly<Record<'flannel' | 'calico' | 'cilium' | 'none', PodNetworkTraces>> = {
  flannel: {
    trees: [FLANNEL_STATE],
    files: [],
    networks: [FLANNEL_NETWORK],
    chains: ['FLANNEL-', 'CNI-'],
    nftTables: ['flannel-ipv4', 'flannel-ipv6'],
    links: [POD_BRIDGE, POD_TUNNEL, 'flannel-v6.1'],
  },
  calico: {
    trees: CALICO_DIRECTORIES,
    files: [
      ...['10-calico.conflist', 'calico-kubeconfig'].map((name) => `${CNI_CONFIGURATION}/${name}`),
      ...['calico', 'calico-ipam', 'install'].map((name) => `${CNI_PLUGINS}/${name}`),
    ],
    networks: ['k8s-pod-network'],
    chains: [CALICO_CHAINS, 'CNI-'],
    nftTables: ['calico'],
    links: ['cali*', 'tunl0', 'vxlan.calico', 'vxlan-v6.calico', 'wireguard.cali', 'wg-v6.cali'],
  },
  cilium: {
    trees: [CILIUM_STATE],
    files: [`${CNI_CONFIGURATION}/05-cilium.conflist`, `${CNI_PLUGINS}/cilium-cni`],
    networks: ['cilium'],
    chains: ['CILIUM_', 'CNI-'],
    nftTables: [],
    links: ['cilium_*', 'lxc*'],
  },
  none: { trees: [], files: [], networks: [], chains: [], nftTables: [], links: [] },
}

const ALL = Object.values(POD_NETWORK_TRACES)

/** Network names in the CNI configurations of the supported pod networks. */
export const POD_NETWORKS: readonly string[] = ALL.flatMap(({ networks }) => networks)

/** nftables tables of kube-proxy and of the pod networks that Cantrip installs, if they are configured to use nftables. */
export const POD_TABLES: readonly string[] = ['kube-proxy', ...ALL.flatMap(({ nftTables }) => nftTables)]
