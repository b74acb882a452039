import { isLoopback } from '../../base/net/address.ts'
import type { HostView } from '../../host/host.ts'
import { BEHIND_STUB, ownerOfResolvConf, RESOLV_CONF } from '../../host/network/resolv-conf-owner.ts'
import { parseResolvConf } from '../../host/parse/network/resolv-conf.ts'
import { formerServers } from './former-servers.ts'
import { type OwnerConfiguration, ownerConfigurationOf, RESOLVED_DROP_IN } from './owner-configuration.ts'

/** How a name server becomes the first one in resolv.conf, and remains so when its owner rewrites the file. */
export interface Resolver extends OwnerConfiguration {
  /** The other name servers of the node. */
  upstreams: readonly string[]
  /** The file in which it must be the first name server. */
  effective: string
}

export async function resolverOf(host: HostView, address: string, apiName: string): Promise<Resolver> {
  const owner = await ownerOfResolvConf(host)
  const effective = owner === 'systemd-resolved' ? BEHIND_STUB : RESOLV_CONF
  const found = parseResolvConf((await host.read(effective)) ?? '')
  const [first] = found.nameservers
  const former = first === address ? await formerServers(host, owner, RESOLVED_DROP_IN) : []
  const servers = [...former, ...found.nameservers]
  const upstreams = [...new Set(servers)].filter((server) => server !== address && !isLoopback(server))
  return {
    ...(await ownerConfigurationOf(owner, host, { address, apiName, found: { ...found, nameservers: upstreams } })),
    upstreams,
    effective,
  }
}

/** Whether programs on this node query the server first. */
export async function isFirst(
  host: HostView,
  { effective }: Pick<Resolver, 'effective'>,
  address: string,
): Promise<boolean> {
  return parseResolvConf((await host.read(effective)) ?? '').nameservers[0] === address
}
