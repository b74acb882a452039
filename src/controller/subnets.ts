import { BlockList, isIP } from 'node:net'
import { AgentError } from '../errors/agent-error.ts'
import { ExitCode } from '../errors/exit-codes.ts'
import type { ClusterSettings } from '../protocol/admin.ts'

/** Throws unless pods and services have ranges that are valid, large enough and apart. */
export function admitSubnets(settings: Pick<ClusterSettings, 'podSubnet' | 'serviceSubnet'>): void {
  const pods = parse('pod subnet', settings.podSubnet)
  const services = parse('service subnet', settings.serviceSubnet)
  if (pods.family !== services.family) {
    throw bad(
      'subnet/mixed',
      `found ${settings.podSubnet} and ${settings.serviceSubnet}`,
      'give both of one IP version',
    )
  }
  if (contains(pods, services) || contains(services, pods)) {
    const found = `pod subnet ${settings.podSubnet} and service subnet ${settings.serviceSubnet} overlap`
    throw bad('subnet/overlap', found, 'give ranges that are apart, e.g. 10.244.0.0/16 and 10.96.0.0/12')
  }
}

interface Subnet {
  address: string
  prefix: number
  family: 'ipv4' | 'ipv6'
}

function parse(what: string, cidr: string): Subnet {
  const [address = '', prefixText = ''] = cidr.split('/')
  const version = isIP(address)
  const prefix = Number(prefixText)
  const longest = version === 4 ? 24 : 112
  if (version === 0 || prefix < 4 || prefix > longest) {
    throw bad(
      'subnet/invalid',
      `found ${what} ${cidr}; wanted ADDRESS/PREFIX of at most /${longest}`,
      'e.g. 10.244.0.0/16',
    )
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** `cidr` is one that was admitted. */
export function isInSubnet(address: string, cidr: string): boolean {
  const version = isIP(address)
  if (version === 0) return false
  return contains(parse('subnet', cidr), { address, family: version === 4 ? 'ipv4' : 'ipv6' })
}

function contains(outer: Subnet, inner: Pick<Subnet, 'address' | 'family'>): boolean {
  const list = new BlockList()
  list.addSubnet(outer.address, outer.prefix, outer.family)
  return list.check(inner.address, inner.family)
}

function bad(code: string, message: string, fix: string): AgentError {
  return new AgentError(code, message, { fix, exitCode: ExitCode.usage })
}
