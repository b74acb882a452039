import { BlockList, isIP, isIPv6 } from 'node:net'
import { AgentError } from '../../base/agent-error.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import { refusal } from './admission.ts'
import type { Cluster } from './records.ts'

type Subnets = Pick<ClusterSettings, 'podSubnet' | 'serviceSubnet' | 'overrides'>

/** Throws unless pods and services have ranges that are valid, large enough, routable and apart. */
export function admitSubnets({ podSubnet, serviceSubnet, overrides }: Subnets): void {
  const nodeMask = nodeMaskOf(overrides)
  // As kubeadm takes them: each node has a range for its pods, and there are at most 65536 of these.
  admitSubnet('pod subnet', podSubnet, Math.max(8, nodeMask - 16), nodeMask)
  if (split(podSubnet).prefix === nodeMask) {
    const found = `found pod subnet ${podSubnet}, which has room for one node: each gets a /${nodeMask}`
    const wanted = `wanted /${nodeMask - 1} or larger, better /16 for ${2 ** (nodeMask - 16)} nodes`
    throw bad('subnet/one-node', `${found}; ${wanted}`, 'give a larger range, e.g. 10.244.0.0/16')
  }
  admitSubnet('service subnet', serviceSubnet, 12, LONGEST)
  if (overlap(podSubnet, serviceSubnet)) {
    const found = `pod subnet ${podSubnet} and service subnet ${serviceSubnet} overlap`
    throw bad('subnet/overlap', found, 'give ranges that are apart, e.g. 10.244.0.0/16 and 10.96.0.0/12')
  }
}

const LONGEST = 24

/** Throws where the cluster would have more nodes than its pod subnet has ranges for. */
export function admitNodes({ name, settings }: Pick<Cluster, 'name' | 'settings'>, count: number): void {
  const nodeMask = nodeMaskOf(settings.overrides)
  const room = 2 ** (nodeMask - split(settings.podSubnet).prefix)
  if (count <= room) return
  const found = `pod subnet ${settings.podSubnet} of cluster ${name} has room for ${room} nodes (each gets a /${nodeMask}); this is node ${count}`
  throw refusal(
    'subnet/full',
    found,
    remedy`a cluster with a larger range: ${{ do: 'cluster.create', choose: ['pod-subnet'] }}`,
  )
}

/** kube-controller-manager's default, unless the override of kubeadm gives it another one. */
function nodeMaskOf({ kubeadm = '' }: ClusterSettings['overrides']): number {
  const [, given] = /node-cidr-mask-size(?:-ipv4)?["']?[\s,]*(?:value)?["']?\s*:\s*["']?(\d+)/.exec(kubeadm) ?? []
  return given === undefined ? 24 : Number(given)
}

/** What no pod and no service can have (RFC 1122, 3927, 5771, 1112). */
const RESERVED = [
  { what: '"this network"', cidr: '0.0.0.0/8' },
  { what: 'loopback', cidr: '127.0.0.0/8' },
  { what: 'link-local', cidr: '169.254.0.0/16' },
  { what: 'multicast', cidr: '224.0.0.0/4' },
  { what: 'reserved (class E)', cidr: '240.0.0.0/4' },
]

function admitSubnet(what: string, cidr: string, shortest: number, longest: number): void {
  const { address, prefix } = split(cidr)
  if (isIPv6(address)) {
    const found = `found ${what} ${cidr}; this version brings up clusters of IPv4`
    throw refusal(
      'unsupported',
      found,
      'give a range of IPv4, e.g. 10.244.0.0/16 for pods and 10.96.0.0/12 for services',
    )
  }
  if (isIP(address) === 0 || !(prefix >= shortest && prefix <= longest)) {
    const wanted = `ADDRESS/PREFIX, from /${shortest} to /${longest}`
    throw bad('subnet/invalid', `found ${what} ${cidr}; wanted ${wanted}`, 'e.g. 10.244.0.0/16')
  }
  // Kubernetes counts its services' addresses from where the range begins, whatever address stands before the slash.
  const aligned = `${networkOf(address, prefix)}/${prefix}`
  if (cidr !== aligned) {
    const found = `found ${what} ${cidr}; wanted ${aligned}, the range of /${prefix} that it lies in`
    throw bad('subnet/unaligned', found, `give ${aligned}, or a range that begins at the address you mean`)
  }
  const reserved = RESERVED.find((range) => overlap(cidr, range.cidr))
  if (reserved) {
    const found = `found ${what} ${cidr}, which overlaps ${reserved.cidr}: ${reserved.what} addresses, which are not routed`
    throw bad(
      'subnet/reserved',
      `${found}; wanted a private range`,
      'e.g. 10.244.0.0/16 for pods and 10.96.0.0/12 for services',
    )
  }
}

function split(cidr: string): { address: string; prefix: number } {
  const [address = '', prefix = ''] = cidr.split('/')
  return { address, prefix: Number(prefix) }
}

/** The first address of the IPv4 range. */
function networkOf(address: string, prefix: number): string {
  const whole = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const first = whole - (whole % 2 ** (32 - prefix))
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')
}

function overlap(one: string, other: string): boolean {
  return isInSubnet(split(one).address, other) || isInSubnet(split(other).address, one)
}

/** `cidr` is one that was admitted, by whatever version. */
export function isInSubnet(address: string, cidr: string): boolean {
  const version = isIP(address)
  const network = split(cidr)
  if (version === 0 || version !== isIP(network.address)) return false
  const list = new BlockList()
  list.addSubnet(network.address, network.prefix, version === 4 ? 'ipv4' : 'ipv6')
  return list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

function bad(code: string, message: string, fix: string): AgentError {
  return new AgentError(code, message, { fix, kind: 'invalid' })
}
