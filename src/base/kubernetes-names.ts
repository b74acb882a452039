/**
 * What kubelet, kube-proxy, containerd and the pod networks call what they make in the kernel: names that those programs
 * fix in their sources. A name that only begins like one of these is somebody else's. Undo, the comparison with the
 * machine beside its snapshot, and the check for an earlier Kubernetes all read this list.
 */

/** flannel's, on every node: its bridge, and its tunnel to other nodes. */
export const POD_BRIDGE = 'cni0'
export const POD_TUNNEL = 'flannel.1'
export const POD_INTERFACES: readonly string[] = [POD_BRIDGE, POD_TUNNEL]

/** By the pattern that a record of the ledger has: `cali*` means the links that Calico makes, not all that begin so. */
const LINKS_BY_PATTERN: Record<string, RegExp> = {
  // felix: `cali` and 11 digits of a hash
  'cali*': /^cali[0-9a-f]{11}$/,
  // cilium/pkg/endpoint/connector: `lxc` and 12 digits of a hash
  'lxc*': /^lxc([0-9a-f]{12}|_health)$/,
  'cilium_*': /^cilium_(host|net|vxlan|geneve|wg0|ipip[46]|tunl|ip6tnl)$/,
}
const LINKS = /^(cni0|flannel(-v6)?\.\d+|kube-ipvs0|vxlan(-v6)?\.calico|(wireguard|wg-v6)\.cali|bpf(in|out)\.cali)$/
/** Of pod networks that we do not install. Docker's, podman's, LXD's and libvirt's have other names. */
const OTHER_LINKS =
  /^(flannel(-wg(-v6)?|\.ipip)|kube-bridge|kube-dummy-if|nodelocaldns|weave|antrea-(gw|tun)0|ovn-k8s-mp0)$/

/** Those of `names` that a record means by `pattern`: a link's whole name, or one of the patterns known here. */
export function linksMeantBy(pattern: string, names: readonly string[]): string[] {
  if (!pattern.endsWith('*')) return names.filter((name) => name === pattern)
  return names.filter((name) => LINKS_BY_PATTERN[pattern]?.test(name))
}

/** Of a network that we install. */
export function isPodLink(name: string): boolean {
  return LINKS.test(name) || Object.values(LINKS_BY_PATTERN).some((pattern) => pattern.test(name))
}

/** Of any network for pods. */
export function isLinkOfKubernetes(name: string): boolean {
  return isPodLink(name) || OTHER_LINKS.test(name)
}

/**
 * By how a name begins: good enough to leave out an address or a route that is most likely the pods', and never a reason
 * to remove something. LXC's bridge, `lxcbr0`, is none.
 */
export function mayBePodLink(name: string): boolean {
  return isLinkOfKubernetes(name) || /^(cni\d|flannel|cali|tunl\d|cilium|lxc\d|kube-|nodelocaldns|weave)/.test(name)
}

/** As the CNI configurations of the supported networks name them: `cbr0` is flannel's. */
export const POD_NETWORKS: readonly string[] = ['cbr0', 'k8s-pod-network', 'cilium']

/** containerd's CRI plugin: `cni-` and a UUID. */
export function isPodNamespace(name: string): boolean {
  return /^cni-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
}

const hex = (count: number) => '[0-9a-f]'.repeat(count)
/** Of 16 digits in base 32, as names of services, endpoints and policies end. */
export const HASH = '[A-Z2-7]'.repeat(16)

/**
 * Chains of iptables by the prefix that a record of the ledger has; as patterns for the awk of any distribution, which
 * knows no intervals. Others' names may begin alike: a person's KUBE-ALLOW or CILIUM_ALLOW is none of them.
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
  // The plugins `bridge` and `portmap`: one a container, one a container's ports, and those that all share.
  'CNI-': [`CNI-${hex(24)}`, `CNI-[DS]N-${hex(21)}`, 'CNI-HOSTPORT-(DNAT|SETMARK|MASQ)'],
  CILIUM_: ['(OLD_)?CILIUM_(INPUT|OUTPUT|FORWARD|PRE|POST)(_(mangle|nat|raw))?'],
} as const

const OWN_CHAINS = new Map<string, RegExp>(
  Object.entries(CHAINS).map(([prefix, patterns]) => [prefix, new RegExp(`^(${patterns.join('|')})$`)]),
)

export function isPodChain(chain: string, prefixes: Iterable<string> = OWN_CHAINS.keys()): boolean {
  return [...prefixes].some((prefix) => OWN_CHAINS.get(prefix)?.test(chain) === true)
}

/** Calico's chains have many names; what it makes it marks with a hash in a comment. */
export const CALICO_CHAINS = 'cali-'
const CALICO_MARK = /--comment "?cali:[\w-]{16}"?/

export function isMarkedByCalico(rule: string): boolean {
  return CALICO_MARK.test(rule)
}

/** Tables of nftables of kube-proxy and the networks that we install, where they are told to use it. */
export const POD_TABLES: readonly string[] = ['kube-proxy', 'flannel-ipv4', 'flannel-ipv6', 'calico']
