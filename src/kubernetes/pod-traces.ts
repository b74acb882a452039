import type { Host } from '../host/host.ts'
import { KUBELET_SYSCTLS } from '../host/kubelet-sysctls.ts'
import { CNI_CONFIGURATION, CNI_PLUGINS, CONTAINERD, KUBELET_STATE } from './paths.ts'

/** Directories that kubelet and its pods make. */
const DIRECTORIES = ['/var/lib/cni', '/run/flannel', '/usr/libexec/kubernetes']
/** What lies in these is anybody's, as it is in a container. */
const OF_CONTAINERS = [
  `${KUBELET_STATE}/pods`,
  `${KUBELET_STATE}/plugins`,
  '/run/calico',
  '/run/cilium',
  '/var/lib/calico',
  '/var/log/pods',
  '/var/log/containers',
]
/** What networks put by themselves where other programs have files of their own. */
const NETWORK_FILES = [
  ...['10-calico.conflist', 'calico-kubeconfig', '05-cilium.conflist'].map((name) => `${CNI_CONFIGURATION}/${name}`),
  ...['calico', 'calico-ipam', 'install', 'cilium-cni'].map((name) => `${CNI_PLUGINS}/${name}`),
]
/** As their CNI configurations name them. */
const NETWORKS = ['cbr0', 'k8s-pod-network', 'cilium']
/** Kernel parameters that kubelet and kube-proxy set by themselves. */
const SYSCTLS = [
  ...KUBELET_SYSCTLS.map(([key]) => key),
  'net.ipv4.conf.all.route_localnet',
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_tcp_timeout_established',
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
]

/**
 * Written to the ledger before kubelet starts, what must be undone last first. Backwards: kubelet stops, containers
 * end, what they mounted goes, then networks, rules and control groups, and at last files.
 */
export async function expectWhatPodsLeave(host: Host): Promise<void> {
  for (const key of SYSCTLS) {
    const before = (await host.read(`/proc/sys/${key.replaceAll('.', '/')}`))?.trim()
    if (before !== undefined) await host.expect({ kind: 'sysctl', key, before })
  }
  for (const path of ['/run/xtables.lock', ...NETWORK_FILES]) await host.expect({ kind: 'remove-path', path })
  for (const path of [KUBELET_STATE, ...DIRECTORIES]) await host.expect({ kind: 'remove-tree', path })
  for (const path of OF_CONTAINERS) await host.expect({ kind: 'remove-tree', path, all: true })
  await host.expect({ kind: 'remove-cgroups', names: ['kubepods', 'kubepods.slice'] })
  const prefixes = ['KUBE-', 'FLANNEL-', 'CNI-', 'cali-', 'CILIUM_']
  await host.expect({ kind: 'remove-chains', prefixes, networks: NETWORKS })
  await host.expect({ kind: 'remove-nft-tables', names: ['kube-proxy', 'flannel-ipv4', 'flannel-ipv6'] })
  const links = [
    'cni0',
    'flannel.1',
    'flannel-v6.1',
    'kube-ipvs0',
    'cali*',
    'tunl0',
    'vxlan.calico',
    'cilium_*',
    'lxc*',
  ]
  await host.expect({ kind: 'remove-links', names: links })
  if ((await host.stat('/run/netns')) === undefined) {
    await host.expect({ kind: 'remove-tree', path: '/run/netns' })
    await host.expect({ kind: 'unmount-below', path: '/run/netns' })
  }
  await host.expect({ kind: 'remove-network-namespaces', names: ['cni-*'] })
  await host.expect({ kind: 'unmount-below', path: `${KUBELET_STATE}/plugins` })
  await host.expect({ kind: 'unmount-below', path: `${KUBELET_STATE}/pods` })
  await host.expect({ kind: 'container-processes', containerdNamespace: 'k8s.io', socket: CONTAINERD.socket })
}
