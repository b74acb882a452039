import { BlockList, isIP, isIPv6 } from 'node:net'
import { AgentError } from '../errors/agent-error.ts'
import { ExitCode } from '../errors/exit-codes.ts'
import type { ClusterSettings } from '../protocol/admin.ts'
import { refusal } from './director/admission.ts'

/** Throws unless pods and services have ranges that are valid, large enough and apart. */
export function admitSubnets({ podSubnet, serviceSubnet }: Pick<ClusterSettings, 'podSubnet' | 'serviceSubnet'>): void {
  // As kubeadm takes them: each node has a /24 for its pods, and there are at most 65536 of these.
  admitSubnet('pod subnet', podSubnet, 8)
  admitSubnet('service subnet', serviceSubnet, 12)
  if (overlap(podSubnet, serviceSubnet)) {
    const found = `pod subnet ${podSubnet} and service subnet ${serviceSubnet} overlap`
    throw bad('subnet/overlap', found, 'give ranges that are apart, e.g. 10.244.0.0/16 and 10.96.0.0/12')
  }
}

const LONGEST = 24

function admitSubnet(what: string, cidr: string, shortest: number): void {
  const { address, prefix } = split(cidr)
  if (isIPv6(address)) {
    const found = `found ${what} ${cidr}; this version brings up clusters of IPv4`
    throw refusal(
      'unsupported',
      found,
      'give a range of IPv4, e.g. 10.244.0.0/16 for pods and 10.96.0.0/12 for services',
    )
  }
  if (isIP(address) === 0 || !(prefix >= shortest && prefix <= LONGEST)) {
    const wanted = `ADDRESS/PREFIX, from /${shortest} to /${LONGEST}`
    throw bad('subnet/invalid', `found ${what} ${cidr}; wanted ${wanted}`, 'e.g. 10.244.0.0/16')
  }
  // Kubernetes counts its services' addresses from where the range begins, whatever address stands before the slash.
  const aligned = `${networkOf(address, prefix)}/${prefix}`
  if (cidr !== aligned) {
    const found = `found ${what} ${cidr}; wanted ${aligned}, the range of /${prefix} that it lies in`
    throw bad('subnet/unaligned', found, `give ${aligned}, or a range that begins at the address you mean`)
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
  return new AgentError(code, message, { fix, exitCode: ExitCode.usage })
}
