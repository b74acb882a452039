/**
 * Names of the kernel objects that the kubelet, kube-proxy, containerd and the pod networks create, as fixed in their sources.
 * An object whose name only has the same prefix belongs to another program. Undo, the comparison with the snapshot, and the
 * check for an earlier Kubernetes use this list.
 */

/** The bridge of flannel, and its tunnel to other nodes. */
export const POD_BRIDGE = 'cni0'
export const POD_TUNNEL = 'flannel.1'
export const POD_INTERFACES: readonly string[] = [POD_BRIDGE, POD_TUNNEL]

/** By the pattern in ledger records: `cali*` means the links that Calico creates, not all links with this prefix. */
const LINKS_BY_PATTERN: Record<string, RegExp> = {
  // felix: `cali` and 11 digits of a hash
  'cali*': /^cali[0-9a-f]{11}$/,
  // cilium/pkg/endpoint/connector: `lxc` and 12 digits of a hash
  'lxc*': /^lxc([0-9a-f]{12}|_health)$/,
  'cilium_*': /^cilium_(host|net|vxlan|geneve|wg0|ipip[46]|tunl|ip6tnl)$/,
}
const LINKS = /^(cni0|flannel(-v6)?\.\d+|kube-ipvs0|vxlan(-v6)?\.calico|(wireguard|wg-v6)\.cali|bpf(in|out)\.cali)$/
/** Links of pod networks that Cantrip does not install. Docker, podman, LXD and libvirt use other names. */
const OTHER_LINKS =
  /^(flannel(-wg(-v6)?|\.ipip)|kube-bridge|kube-dummy-if|nodelocaldns|weave|antrea-(gw|tun)0|ovn-k8s-mp0)$/

/** The `names` that a ledger record means by `pattern`: the full name of a link, or one of the known patterns. */
export function linksMeantBy(pattern: string, names: readonly string[]): string[] {
  if (!pattern.endsWith('*')) return names.filter((name) => name === pattern)
  return names.filter((name) => LINKS_BY_PATTERN[pattern]?.test(name))
}

/** Whether it is a link of a pod network that Cantrip installs. */
export function isPodLink(name: string): boolean {
  return LINKS.test(name) || Object.values(LINKS_BY_PATTERN).some((pattern) => pattern.test(name))
}

/** Whether it is a link of any pod network. */
export function isLinkOfKubernetes(name: string): boolean {
  return isPodLink(name) || OTHER_LINKS.test(name)
}

/**
 * Decides by the prefix of the name: enough to ignore an address or a route that most likely belongs to pods, never a reason
 * to remove something. LXC's bridge `lxcbr0` does not match.
 */
export function mayBePodLink(name: string): boolean {
  return isLinkOfKubernetes(name) || /^(cni\d|flannel|cali|tunl\d|cilium|lxc\d|kube-|nodelocaldns|weave)/.test(name)
}

/** Network namespaces of containerd's CRI plugin: `cni-` and a UUID. */
export function isPodNamespace(name: string): boolean {
  return /^cni-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
}

const hex = (count: number) => '[0-9a-f]'.repeat(count)
/** 16 digits in base 32, at the end of chain names of services, endpoints and policies. */
export const HASH = '[A-Z2-7]'.repeat(16)

/**
 * iptables chains, by the prefix in ledger records. The patterns work in the awk of any distribution, so they contain no
 * intervals. A chain with the same prefix, such as an administrator's KUBE-ALLOW or CILIUM_ALLOW, does not match.
 */
export const CHAINS = {
  // kubernetes/pkg/proxy/{iptables,ipvs} and pkg/kubelet
  'KUBE-': [
    'KUBE-(EXTERNAL-)?SERVICES',
    'KUBE-(NODEPORTS|NODE-PORT)',
    'KUBE-(FORWARD|POSTROUTING|LOAD-BALANCER|PROXY-FIREWALL)',
    'KUBE-MARK-(MASQ|DROP)',
    'KUBE-(SOURCE-RANGES-)?FIREWALL',
    'KUBE-(IPTABLES-HINT|KUBELET-CANARY|PROXY-CANARY)',
    'KUBE-IPVS-(OUT-)?FILTER',
    `KUBE-(SVC|SVL|SEP|XLB|EXT|FW)-${HASH}`,
  ],
  'FLANNEL-': ['FLANNEL-(FWD|POSTRTG)'],
  // The plugins `bridge` and `portmap`: a chain for each container, for the ports of each container, and the shared ones.
  'CNI-': [`CNI-${hex(24)}`, `CNI-[DS]N-${hex(21)}`, 'CNI-HOSTPORT-(DNAT|SETMARK|MASQ)'],
  CILIUM_: ['(OLD_)?CILIUM_(INPUT|OUTPUT|FORWARD|PRE|POST)(_(mangle|nat|raw))?'],
} as const

const OWN_CHAINS = new Map<string, RegExp>(
  Object.entries(CHAINS).map(([prefix, patterns]) => [prefix, new RegExp(`^(${patterns.join('|')})$`)]),
)

export function isPodChain(chain: string, prefixes: Iterable<string> = OWN_CHAINS.keys()): boolean {
  return [...prefixes].some((prefix) => OWN_CHAINS.get(prefix)?.test(chain) === true)
}

/** Calico's chains have many names; Calico marks each of its rules with a hash in a comment. */
export const CALICO_CHAINS = 'cali-'
const CALICO_MARK = /--comment "?cali:[\w-]{16}"?/

export function isMarkedByCalico(rule: string): boolean {
  return CALICO_MARK.test(rule)
}
