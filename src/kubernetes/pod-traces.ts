import type { Host } from '../host/host.ts'
import { KUBELET_STATE } from './paths.ts'

/** Directories that kubelet and its pods make. */
const DIRECTORIES = [
  '/var/lib/cni',
  '/run/flannel',
  '/run/calico',
  '/run/cilium',
  '/var/lib/calico',
  '/var/log/pods',
  '/var/log/containers',
  '/usr/libexec/kubernetes',
]
/** Kernel parameters that kubelet and kube-proxy set by themselves. */
const SYSCTLS = [
  'vm.overcommit_memory',
  'kernel.panic',
  'kernel.panic_on_oops',
  'kernel.keys.root_maxkeys',
  'kernel.keys.root_maxbytes',
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
  await host.expect({ kind: 'remove-path', path: '/run/xtables.lock' })
  for (const path of [KUBELET_STATE, ...DIRECTORIES]) await host.expect({ kind: 'remove-tree', path })
  await host.expect({ kind: 'remove-cgroups', names: ['kubepods', 'kubepods.slice'] })
  await host.expect({ kind: 'remove-chains', prefixes: ['KUBE-', 'FLANNEL-', 'CNI-', 'cali-', 'CILIUM_'] })
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
  await host.expect({ kind: 'container-processes', containerdNamespace: 'k8s.io' })
}
