import type { HostView } from '../../host/host.ts'

export interface NeededModule {
  name: string
  /** An alternative with the same function. */
  or?: string
  use: string
  kind: 'warn' | 'fail'
  /** Looks for its effect, which is also visible if it is built into the kernel. */
  isPresent(host: HostView): Promise<boolean>
}

const exists = async (host: HostView, path: string) => (await host.stat(path)) !== undefined

export const NEEDED_MODULES: readonly NeededModule[] = [
  {
    name: 'overlay',
    use: 'file systems of containers',
    kind: 'fail',
    isPresent: async (host) => /\boverlay$/m.test((await host.read('/proc/filesystems')) ?? ''),
  },
  {
    name: 'br_netfilter',
    use: 'services for pods on one bridge',
    kind: 'fail',
    isPresent: (host) => exists(host, '/proc/sys/net/bridge/bridge-nf-call-iptables'),
  },
  {
    name: 'nf_conntrack',
    use: 'services',
    kind: 'fail',
    isPresent: (host) => exists(host, '/proc/sys/net/netfilter/nf_conntrack_max'),
  },
  {
    name: 'nf_tables',
    or: 'ip_tables',
    use: 'rules of kube-proxy',
    kind: 'fail',
    // Neither module shows whether it is built in; a kernel with connection tracking also has a packet filter.
    isPresent: async (host) => (await Promise.all(FILTER_SIGNS.map((path) => exists(host, path)))).includes(true),
  },
  {
    name: 'vxlan',
    use: 'pod networks over VXLAN',
    // Only some pod networks need it, and which one the cluster uses is not known yet.
    kind: 'warn',
    // In a container /sys/module can be empty; then it is not known whether the module is built in.
    isPresent: async (host) => (await exists(host, '/sys/module/vxlan')) || !(await exists(host, '/sys/module/kernel')),
  },
]

const FILTER_SIGNS = [
  '/sys/module/nf_tables',
  '/sys/module/ip_tables',
  '/proc/net/ip_tables_names',
  '/proc/sys/net/netfilter/nf_conntrack_max',
]
