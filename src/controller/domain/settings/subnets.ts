import { AgentError } from '../../../base/agent-error.ts'
import { aligned, containsSubnet, overlaps, parseSubnet, type Subnet, showSubnet } from '../../../base/net/subnet.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { refusal } from '../admission.ts'
import type { Cluster } from '../records.ts'

type Subnets = Pick<ClusterSettings, 'podSubnet' | 'serviceSubnet' | 'overrides'>

/** Throws unless the subnets of pods and services are valid, large enough, routable and do not overlap. */
export function admitSubnets({ podSubnet, serviceSubnet, overrides }: Subnets): void {
  const nodeMask = nodeMaskOf(overrides)
  // The limits of kubeadm: each node gets a range for its pods, and there are at most 65536 ranges.
  const pods = admitSubnet('pod subnet', podSubnet, Math.max(8, nodeMask - 16), nodeMask)
  if (pods.prefix === nodeMask) {
    const found = `found pod subnet ${podSubnet}, which has room for one node: each gets a /${nodeMask}`
    const wanted = `wanted /${nodeMask - 1} or larger, better /16 for ${2 ** (nodeMask - 16)} nodes`
    throw bad('subnet/one-node', `${found}; ${wanted}`, 'pass a larger range, e.g. 10.244.0.0/16')
  }
  const services = admitSubnet('service subnet', serviceSubnet, 12, LONGEST)
  if (overlaps(pods, services)) {
    const found = `pod subnet ${podSubnet} and service subnet ${serviceSubnet} overlap`
    throw bad('subnet/overlap', found, 'pass ranges that do not overlap, e.g. 10.244.0.0/16 and 10.96.0.0/12')
  }
}

const LONGEST = 24

/** Throws if the cluster would have more nodes than its pod subnet has ranges. */
export function admitNodes({ name, settings }: Pick<Cluster, 'name' | 'settings'>, count: number): void {
  const nodeMask = nodeMaskOf(settings.overrides)
  const room = 2 ** (nodeMask - (parseSubnet(settings.podSubnet)?.prefix ?? nodeMask))
  if (count <= room) return
  const found = `pod subnet ${settings.podSubnet} of cluster ${name} has room for ${room} nodes (each gets a /${nodeMask}); this is node ${count}`
  throw refusal(
    'subnet/full',
    found,
    remedy`create a cluster with a larger range: ${{ do: 'cluster.create', choose: ['pod-subnet'] }}`,
  )
}

/** The default of kube-controller-manager, unless the kubeadm override sets it. */
function nodeMaskOf({ kubeadm = '' }: ClusterSettings['overrides']): number {
  const [, given] = /node-cidr-mask-size(?:-ipv4)?["']?[\s,]*(?:value)?["']?\s*:\s*["']?(\d+)/.exec(kubeadm) ?? []
  return given === undefined ? 24 : Number(given)
}

/** Ranges that pods and services cannot use (RFC 1122, 3927, 5771, 1112). */
const RESERVED: readonly (Subnet & { what: string })[] = [
  { what: '"this network"', address: '0.0.0.0', prefix: 8, family: 'ipv4' },
  { what: 'loopback', address: '127.0.0.0', prefix: 8, family: 'ipv4' },
  { what: 'link-local', address: '169.254.0.0', prefix: 16, family: 'ipv4' },
  { what: 'multicast', address: '224.0.0.0', prefix: 4, family: 'ipv4' },
  { what: 'reserved (class E)', address: '240.0.0.0', prefix: 4, family: 'ipv4' },
]

function admitSubnet(what: string, cidr: string, shortest: number, longest: number): Subnet {
  const subnet = parseSubnet(cidr)
  if (subnet?.family === 'ipv6') {
    const found = `found ${what} ${cidr}; this version supports IPv4 clusters`
    throw refusal('unsupported', found, 'pass an IPv4 range, e.g. 10.244.0.0/16 for pods and 10.96.0.0/12 for services')
  }
  if (subnet === undefined || subnet.prefix < shortest || subnet.prefix > longest) {
    const wanted = `ADDRESS/PREFIX, from /${shortest} to /${longest}`
    throw bad('subnet/invalid', `found ${what} ${cidr}; wanted ${wanted}`, 'pass a valid range, e.g. 10.244.0.0/16')
  }
  // Kubernetes allocates from the first address of the range, whatever address precedes the slash.
  const range = aligned(subnet)
  const wanted = showSubnet(range)
  if (cidr !== wanted) {
    const found = `found ${what} ${cidr}; wanted ${wanted}, the /${range.prefix} range that contains it`
    throw bad('subnet/unaligned', found, `pass ${wanted}, or a range that begins at the address you mean`)
  }
  const reserved = RESERVED.find((each) => overlaps(range, each))
  if (reserved) {
    const found = `found ${what} ${cidr}, which overlaps ${showSubnet(reserved)}: ${reserved.what} addresses, which are not routed`
    throw bad(
      'subnet/reserved',
      `${found}; wanted a private range`,
      'pass private ranges, e.g. 10.244.0.0/16 for pods and 10.96.0.0/12 for services',
    )
  }
  return range
}

/** Whether the range contains the address. `cidr` was admitted by this or an older version. */
export function isInSubnet(address: string, cidr: string): boolean {
  const range = parseSubnet(cidr)
  const one = parseSubnet(address)
  return range !== undefined && one !== undefined && containsSubnet(range, one)
}

function bad(code: string, message: string, fix: string): AgentError {
  return new AgentError(code, message, { fix, kind: 'invalid' })
}
