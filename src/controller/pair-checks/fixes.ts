import { command, inOrder, remarked } from '../../base/command.ts'
import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { Firewall, PairPort } from '../../protocol/wire/pair-check.ts'
import type { PairNode } from './needs.ts'

type Fix = Pick<PairFinding, 'fix' | 'on'>

const FEW = 4

/** Allows a port at the node `to`, with the packet filter that the node has. */
export function allowInput(
  firewall: Firewall | undefined,
  to: PairNode,
  from: readonly PairNode[],
  name: PairPort,
): Fix {
  const [port = '', protocol = ''] = name.split('/')
  const addresses = from.length > FEW ? [] : from.map(({ address }) => address)
  switch (firewall?.kind) {
    case 'firewalld':
      return { fix: command`firewall-cmd --permanent ${`--add-port=${name}`} && firewall-cmd --reload`, on: to.name }
    case 'ufw': {
      const sources = addresses.length === 0 ? ['any'] : addresses
      const rules = sources.map((source) => command`ufw allow proto ${protocol} from ${source} to any port ${port}`)
      return { fix: inOrder(...rules), on: to.name }
    }
    case 'nftables': {
      const flow = { side: 'source', addresses, family: familyOf(to), protocol, port } as const
      const rules = inserted(firewall.input, flow)
      if (rules.length > 0) return { fix: lasting(rules), on: to.name }
    }
  }
  const names = from.map((node) => node.name).join(', ')
  const where = `no packet filter was found on ${to.name}; check the network between (switch, router, security group)`
  return { fix: `allow ${name} from ${names} to ${to.name} (${to.address}): ${where}`, on: null }
}

/** Allows a node to send to a port, with the packet filter that the node has. */
export function allowOutput(firewall: Firewall | undefined, from: PairNode, to: PairNode, name: PairPort): Fix {
  const [port = '', protocol = ''] = name.split('/')
  if (firewall?.kind === 'ufw') {
    return { fix: command`ufw allow out proto ${protocol} to ${to.address} port ${port}`, on: from.name }
  }
  const flow = { side: 'destination', addresses: [to.address], family: familyOf(to), protocol, port } as const
  const rules = inserted(firewall?.output ?? [], flow)
  // A filter that nft does not show is one of iptables-legacy.
  return { fix: lasting(rules.length > 0 ? rules : [insertedByIptables('OUTPUT', flow)]), on: from.name }
}

interface Flow {
  side: 'source' | 'destination'
  /** Empty means any. */
  addresses: readonly string[]
  family: 'ip' | 'ip6'
  protocol: string
  port: string
}

/** Chains of iptables-nft. Rules that nft adds to them are not saved with those of iptables. */
const OF_IPTABLES = /^ip6? filter (INPUT|OUTPUT)$/

/** One rule at the head of each chain that handles this address family. */
function inserted(chains: readonly string[], flow: Flow): string[] {
  const other = flow.family === 'ip' ? 'ip6 ' : 'ip '
  return chains
    .filter((chain) => !chain.startsWith(other))
    .map((chain) => {
      const [, ofIptables] = OF_IPTABLES.exec(chain) ?? []
      return ofIptables === undefined ? insertedByNft(chain, flow) : insertedByIptables(ofIptables, flow)
    })
}

function insertedByNft(chain: string, { side, addresses, family, protocol, port }: Flow): string {
  const [first = ''] = addresses
  const set = addresses.length > 1 ? `{ ${addresses.join(', ')} }` : first
  const match = addresses.length === 0 ? [] : [family, side === 'source' ? 'saddr' : 'daddr', set]
  return command`nft insert rule ${[...chain.split(' '), ...match, protocol]} dport ${port} accept`
}

function insertedByIptables(chain: string, { side, addresses, family, protocol, port }: Flow): string {
  const match = addresses.length === 0 ? [] : [`--${side}`, addresses.join(',')]
  const program = family === 'ip' ? 'iptables' : 'ip6tables'
  return command`${program} -I ${[chain, '-p', protocol, ...match]} --dport ${port} -j ACCEPT`
}

function lasting(rules: readonly string[]): string {
  return remarked(inOrder(...rules), 'and add the same rules where these rules are configured, to make them persistent')
}

function familyOf({ address }: PairNode): 'ip' | 'ip6' {
  return address.includes(':') ? 'ip6' : 'ip'
}
