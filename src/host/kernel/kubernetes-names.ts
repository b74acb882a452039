/**
 * What kubelet, kube-proxy, containerd and the pod networks call what they make in the kernel: names that those programs
 * fix in their sources. A name that only begins like one of these is somebody else's.
 */

/** By the pattern that a record of the ledger has: `cali*` means the links that Calico makes, not all that begin so. */
const LINKS_BY_PATTERN: Record<string, RegExp> = {
  // felix: `cali` and 11 digits of a hash
  'cali*': /^cali[0-9a-f]{11}$/,
  // cilium/pkg/endpoint/connector: `lxc` and 12 digits of a hash
  'lxc*': /^lxc([0-9a-f]{12}|_health)$/,
  'cilium_*': /^cilium_(host|net|vxlan|geneve|wg0|ipip[46]|tunl|ip6tnl)$/,
}
const LINKS = /^(cni0|flannel(-v6)?\.\d+|kube-ipvs0|vxlan(-v6)?\.calico|(wireguard|wg-v6)\.cali|bpf(in|out)\.cali)$/

/** Those of `names` that a record means by `pattern`: a link's whole name, or one of the patterns known here. */
export function linksMeantBy(pattern: string, names: readonly string[]): string[] {
  if (!pattern.endsWith('*')) return names.filter((name) => name === pattern)
  return names.filter((name) => LINKS_BY_PATTERN[pattern]?.test(name))
}

export function isPodLink(name: string): boolean {
  return LINKS.test(name) || Object.values(LINKS_BY_PATTERN).some((pattern) => pattern.test(name))
}

/** As the CNI configurations of the supported networks name them: `cbr0` is flannel's. */
export const POD_NETWORKS: readonly string[] = ['cbr0', 'k8s-pod-network', 'cilium']

/** containerd's CRI plugin: `cni-` and a UUID. */
export function isPodNamespace(name: string): boolean {
  return /^cni-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
}

/** Chains of iptables by the prefix that a record of the ledger has. */
const CHAINS: Record<string, RegExp> = {
  // kubernetes/pkg/proxy/{iptables,ipvs} and pkg/kubelet; what belongs to a service ends in 16 digits of base 32
  'KUBE-':
    /^KUBE-(SERVICES|EXTERNAL-SERVICES|NODEPORTS|NODE-PORT|POSTROUTING|MARK-MASQ|MARK-DROP|FORWARD|FIREWALL|PROXY-FIREWALL|PROXY-CANARY|KUBELET-CANARY|IPTABLES-HINT|LOAD-BALANCER|SOURCE-RANGES-FIREWALL|IPVS-FILTER|IPVS-OUT-FILTER|(SVC|SVL|SEP|FW|XLB|EXT)-[A-Z2-7]{16})$/,
  'FLANNEL-': /^FLANNEL-(FWD|POSTRTG)$/,
  // The plugins `bridge` and `portmap`: one a container, one a container's ports, and those that all share.
  'CNI-': /^CNI-([0-9a-f]{24}|[DS]N-[0-9a-f]{21}|HOSTPORT-(DNAT|SETMARK|MASQ))$/,
  CILIUM_: /^(OLD_)?CILIUM_(INPUT|FORWARD|OUTPUT|PRE|POST)(_(mangle|nat|raw))?$/,
}
/** Calico's chains have many names; what it makes it marks with a hash in a comment. */
export const CALICO_CHAINS = 'cali-'
const CALICO_MARK = /--comment "?cali:[\w-]{16}"?/

export function isMarkedByCalico(rule: string): boolean {
  return CALICO_MARK.test(rule)
}

export function isPodChain(chain: string, prefixes: readonly string[] = Object.keys(CHAINS)): boolean {
  return prefixes.some((prefix) => CHAINS[prefix]?.test(chain) === true)
}
