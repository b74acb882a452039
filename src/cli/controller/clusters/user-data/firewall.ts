import { POD_INTERFACES } from '../../../../base/kubernetes-names.ts'
import { flowsOf } from '../../../../checks/firewall/flows.ts'
import { PIECE_PORT } from '../../../../protocol/api/delivery/pieces.ts'
import type { Cni, NodeRole } from '../../../../protocol/names.ts'

interface Opening {
  protocol: 'tcp' | 'udp'
  port: number
}

const FOR_PEOPLE: readonly Opening[] = [22, 80, 443].map((port) => ({ protocol: 'tcp', port }))

/** Where nodes hand on pieces of a bundle. The check "firewall" does not look at it: it does not know whether they do. */
const FOR_PEERS: Opening = { protocol: 'tcp', port: PIECE_PORT }

/** What the pod networks use between nodes in addition to the ports of `flowsOf`, and the links of their pods. */
const NETWORKS: Record<Cni, { openings: readonly Opening[]; protocols: readonly string[]; links: readonly string[] }> =
  {
    flannel: { openings: [], protocols: [], links: [] },
    calico: {
      openings: [
        { protocol: 'tcp', port: 179 },
        { protocol: 'udp', port: 4789 },
      ],
      protocols: ['ipencap'],
      links: ['cali*', 'tunl0', 'vxlan.calico'],
    },
    cilium: { openings: [{ protocol: 'tcp', port: 4240 }], protocols: [], links: ['lxc*', 'cilium_*'] },
    none: { openings: [], protocols: [], links: [] },
  }

/**
 * Rules for nft that drop what enters the machine, but for what its roles, its pods and people need. They are in a table of their
 * own: to load them again changes no rule of kube-proxy or of a pod network. What is forwarded, from and to pods, is not filtered.
 */
export function firewallRules({ roles, cni }: { roles: readonly NodeRole[]; cni: Cni }): string {
  const { openings, protocols, links } = NETWORKS[cni]
  const all = [...FOR_PEOPLE, FOR_PEERS, ...portsOf(roles), ...openings]
  const ports = (protocol: Opening['protocol']) => {
    const own = all.filter((each) => each.protocol === protocol).map(({ port }) => port)
    return [...new Set(own)].sort((a, b) => a - b).join(', ')
  }
  const rules = [
    'ct state established,related accept',
    'iifname "lo" accept',
    ...[...POD_INTERFACES, ...links].map((name) => `iifname "${name}" accept`),
    'meta l4proto { icmp, ipv6-icmp } accept',
    ...protocols.map((name) => `meta l4proto ${name} accept`),
    'udp dport { 68, 546 } accept comment "DHCP"',
    `tcp dport { ${ports('tcp')} } accept`,
    `udp dport { ${ports('udp')} } accept`,
  ]
  return `# To apply a change: systemctl reload cantrip-firewall
table inet cantrip_firewall
delete table inet cantrip_firewall
table inet cantrip_firewall {
  chain input {
    type filter hook input priority filter; policy drop;
${rules.map((rule) => `    ${rule}\n`).join('')}  }
}
`
}

/** The ports that the check "firewall" sends packets to. */
function portsOf(roles: readonly NodeRole[]): Opening[] {
  const nowhere = { address: '192.0.2.1', interfaces: [], pods: '192.0.2.0/24' }
  return flowsOf(roles, nowhere).flatMap(({ packet, opening }) =>
    packet.hook === 'input' && typeof opening === 'object' ? [opening] : [],
  )
}
