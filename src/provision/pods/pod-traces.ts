import { dirname } from 'node:path/posix'
import {
  CNI_STATE,
  CONTAINER_LOGS,
  CONTAINERD,
  KUBELET_STATE,
  KUBELET_UNIT,
  NETWORK_NAMESPACES,
  POD_LOGS,
} from '../../base/kubernetes-paths.ts'
import { type Layout, volumePlugins } from '../../base/layout.ts'
import { POD_NETWORK_TRACES } from '../../base/pod-network-traces.ts'
import type { Host } from '../../host/host.ts'
import { KUBELET_SYSCTLS } from '../../host/kernel/kubelet-sysctls.ts'
import type { ProvisionParams } from '../params.ts'

/** hostPath volumes of kube-proxy, which the kubelet and the runtime create if they are missing. */
const HOST_PATHS = ['/run/xtables.lock', '/lib/modules']
/** Directories of volume plugins for the kubelet and the controllers, which can contain plugins of others. */
function volumePluginDirectories(layout: Layout): string[] {
  const above: string[] = []
  for (let path = volumePlugins(layout); dirname(path) !== '/'; path = dirname(path)) above.unshift(path)
  return above
}
const LOGS = [POD_LOGS, CONTAINER_LOGS]

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
 * the kubelet, also one that ran already and is only started again, ends containers, unmounts volumes, then removes networks, rules,
 * control groups, and finally files. The files that show which network is Cantrip's are removed after that network.
 */
export async function expectWhatPodsLeave(host: Host, { cluster }: Pick<ProvisionParams, 'cluster'>): Promise<void> {
  const { trees, files, networks, chains, nftTables, links } = POD_NETWORK_TRACES[cluster.cni]
  await expectSysctls(host)
  for (const path of [...HOST_PATHS, ...files, ...volumePluginDirectories(host.layout)])
    await host.expect({ kind: 'remove-path', path })
  await host.expect({ kind: 'remove-tree', path: KUBELET_STATE })
  await host.expect({ kind: 'remove-tree', path: CNI_STATE, containerd: CONTAINERD.root })
  for (const path of [`${KUBELET_STATE}/pods`, `${KUBELET_STATE}/plugins`, ...trees, ...LOGS])
    await host.expect({ kind: 'remove-tree', path, all: true })
  await host.expect({ kind: 'remove-cgroups', names: ['kubepods', 'kubepods.slice'] })
  await host.expect({ kind: 'remove-chains', prefixes: ['KUBE-', ...chains], networks: [...networks] })
  await host.expect({ kind: 'remove-nft-tables', names: ['kube-proxy', ...nftTables] })
  await host.expect({ kind: 'remove-links', names: ['kube-ipvs0', ...links] })
  await host.expect({ kind: 'remove-path', path: NETWORK_NAMESPACES })
  await host.expect({ kind: 'unmount-below', path: NETWORK_NAMESPACES })
  await host.expect({ kind: 'remove-network-namespaces', names: ['cni-*'], containerd: CONTAINERD.root })
  await host.expect({ kind: 'unmount-below', path: `${KUBELET_STATE}/plugins` })
  await host.expect({ kind: 'unmount-below', path: `${KUBELET_STATE}/pods` })
  await host.expect({ kind: 'container-processes', containerdNamespace: 'k8s.io', socket: CONTAINERD.socket })
  await host.expect({ kind: 'unit', unit: KUBELET_UNIT, before: { active: false } })
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
