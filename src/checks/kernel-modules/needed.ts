import type { HostView } from '../../host/host.ts'

export interface NeededModule {
  name: string
  /** Another one that does the same. */
  or?: string
  use: string
  kind: 'warn' | 'fail'
  /** Its effect, which is there as well where it is built into the kernel. */
  isThere(host: HostView): Promise<boolean>
}

const exists = async (host: HostView, path: string) => (await host.stat(path)) !== undefined

export const NEEDED_MODULES: readonly NeededModule[] = [
  {
    name: 'overlay',
    use: 'file systems of containers',
    kind: 'fail',
    isThere: async (host) => /\boverlay$/m.test((await host.read('/proc/filesystems')) ?? ''),
  },
  {
    name: 'br_netfilter',
    use: 'services for pods on one bridge',
    kind: 'fail',
    isThere: (host) => exists(host, '/proc/sys/net/bridge/bridge-nf-call-iptables'),
  },
  {
    name: 'nf_conntrack',
    use: 'services',
    kind: 'fail',
    isThere: (host) => exists(host, '/proc/sys/net/netfilter/nf_conntrack_max'),
  },
  {
    name: 'nf_tables',
    or: 'ip_tables',
    use: 'rules of kube-proxy',
    kind: 'fail',
    // Neither shows whether it is built in; where packets are tracked the filter is there as well.
    isThere: async (host) => (await Promise.all(FILTER_SIGNS.map((path) => exists(host, path)))).includes(true),
  },
  {
    name: 'vxlan',
    use: 'pod networks over VXLAN',
    // Only some pod networks want it, and which one it will be is not known yet.
    kind: 'warn',
    // A container may be shown no modules at all: then nothing tells.
    isThere: async (host) => (await exists(host, '/sys/module/vxlan')) || !(await exists(host, '/sys/module/kernel')),
  },
]

const FILTER_SIGNS = [
  '/sys/module/nf_tables',
  '/sys/module/ip_tables',
  '/proc/net/ip_tables_names',
  '/proc/sys/net/netfilter/nf_conntrack_max',
]
