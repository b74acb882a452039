import { isLoopback } from '../../base/net/address.ts'
import type { HostView } from '../../host/host.ts'
import { BEHIND_STUB, ownerOfResolvConf, RESOLV_CONF } from '../../host/network/resolv-conf-owner.ts'
import { parseResolvConf } from '../../host/parse/network/resolv-conf.ts'
import { formerServers } from './former-servers.ts'
import { RESOLVED_DROP_IN, type Way, wayOf } from './way.ts'

/** How a name server gets to the first place of resolv.conf, and stays there when its owner writes it again. */
export interface Resolver extends Way {
  /** Of a node's other name servers, as they are now. */
  upstreams: readonly string[]
  /** The file whose first name server it has to be. */
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
    ...(await wayOf(owner, host, { address, apiName, found: { ...found, nameservers: upstreams } })),
    upstreams,
    effective,
  }
}

/** Whether programs on this node ask it first. */
export async function isFirst(
  host: HostView,
  { effective }: Pick<Resolver, 'effective'>,
  address: string,
): Promise<boolean> {
  return parseResolvConf((await host.read(effective)) ?? '').nameservers[0] === address
}
