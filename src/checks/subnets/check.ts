import { mayBePodLink } from '../../base/kubernetes-names.ts'
import { containsSubnet, parseSubnet, type Subnet, showSubnet } from '../../base/net/subnet.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { localAddresses } from '../../host/network/addresses.ts'
import { mainRoutes, type Route } from '../../host/network/routes.ts'
import { parseResolvConf } from '../../host/parse/network/resolv-conf.ts'
import { podSubnet, serviceSubnet } from '../../protocol/settings/default-subnets.ts'

const DEFAULT = { pod: podSubnet, service: serviceSubnet }

export const check: Check = {
  id: 'subnets',
  title: 'Pod and service subnets free',
  hard: false,
  why: 'Once the cluster runs, addresses in the pod or service subnet are no longer reachable: this machine, its gateway, its name servers and connected networks must be outside them. The check uses the subnets of the cluster in the credentials, or the default subnets without credentials.',
  remedy: 'Choose other subnets when you create the cluster (--pod-subnet, --service-subnet).',
  thresholds: [{ of: 'subnets without credentials', warn: `an address in ${DEFAULT.pod} or ${DEFAULT.service}` }],
  timeoutMs: 15_000,
  async look(host: HostView, { subnets = DEFAULT }: CheckParams): Promise<Verdict> {
    const [own, routes, resolvConf = ''] = await Promise.all([
      localAddresses(host),
      mainRoutes(host),
      host.read('/etc/resolv.conf'),
    ])
    // Links of pods belong to a cluster that this machine is already a node of.
    const foreign = routes.filter((route) => !mayBePodLink(route.interface))
    const needed = neededSubnets(own.node, foreign, parseResolvConf(resolvConf).nameservers)
    const conflicts = rangesOf(subnets).flatMap((subnet) =>
      [...needed, ...connectedSubnets(foreign)]
        .filter(
          (each) =>
            containsSubnet(subnet.range, each.range) || (each.isLink && containsSubnet(each.range, subnet.range)),
        )
        .map((each) => ({
          text: `${each.what} ${each.shown} and the ${subnet.name} ${showSubnet(subnet.range)}`,
          flag: subnet.flag,
        })),
    )
    if (conflicts.length === 0)
      return { kind: 'pass', found: `${subnets.pod} and ${subnets.service} are not in use here` }
    const flags = [...new Set(conflicts.map(({ flag }) => flag))]
    return {
      kind: 'warn',
      found: `overlapping addresses: ${conflicts.map(({ text }) => text).join('; ')}`,
      wanted: 'unused subnets for pods and services',
      fix: `${subnets === DEFAULT ? 'no fix required if the cluster uses other subnets; otherwise: ' : 'create another cluster with other subnets: '}controller cluster create NAME ${flags.map((flag) => `${flag} ANOTHER-SUBNET`).join(' ')}`,
    }
  },
}

function rangesOf(subnets: typeof DEFAULT): { name: string; flag: string; range: Subnet }[] {
  const owner = subnets === DEFAULT ? 'default' : "cluster's"
  return [
    { name: `${owner} pod subnet`, flag: '--pod-subnet', cidr: subnets.pod },
    { name: `${owner} service subnet`, flag: '--service-subnet', cidr: subnets.service },
  ].flatMap(({ cidr, ...rest }) => {
    const range = parseSubnet(cidr)
    return range === undefined ? [] : [{ ...rest, range }]
  })
}

interface Use {
  what: string
  shown: string
  range: Subnet
  /** A directly connected network: it also conflicts if the pod subnet is only a part of it. */
  isLink: boolean
}

function neededSubnets(own: readonly string[], routes: readonly Route[], nameservers: readonly string[]): Use[] {
  const gateways = routes.flatMap(({ gateway }) => gateway ?? [])
  const named = [
    ...own.map((address) => ({ what: "this node's address", address })),
    ...gateways.map((address) => ({ what: 'the gateway', address })),
    ...nameservers.map((address) => ({ what: 'the name server', address })),
  ]
  return named.flatMap(({ what, address }) => {
    const range = parseSubnet(address)
    return range === undefined ? [] : [{ what, shown: address, range, isLink: false }]
  })
}

function connectedSubnets(routes: readonly Route[]): Use[] {
  return routes
    .filter(({ destination }) => destination.prefix > 0)
    .map(({ destination, gateway, interface: name }) => ({
      what: 'the network',
      shown: `${showSubnet(destination)} (${name})`,
      range: destination,
      isLink: gateway === undefined,
    }))
}
