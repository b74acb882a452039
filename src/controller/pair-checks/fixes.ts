import { command, inOrder, remarked } from '../../base/command.ts'
import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { Firewall, PairPort } from '../../protocol/wire/pair-check.ts'
import type { PairNode } from './needs.ts'

type Fix = Pick<PairFinding, 'fix' | 'on'>

const FEW = 4

/** Lets a port in at `to`, by whatever filters there. */
export function letIn(firewall: Firewall | undefined, to: PairNode, from: readonly PairNode[], name: PairPort): Fix {
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
  const where = `nothing that filters was found on ${to.name}; look at what lies between (switch, router, security group)`
  return { fix: `let ${name} through from ${names} to ${to.name} (${to.address}): ${where}`, on: null }
}

/** Lets a node send to a port, by whatever filters on it. */
export function letOut(firewall: Firewall | undefined, from: PairNode, to: PairNode, name: PairPort): Fix {
  const [port = '', protocol = ''] = name.split('/')
  if (firewall?.kind === 'ufw') {
    return { fix: command`ufw allow out proto ${protocol} to ${to.address} port ${port}`, on: from.name }
  }
  const flow = { side: 'destination', addresses: [to.address], family: familyOf(to), protocol, port } as const
  const rules = inserted(firewall?.output ?? [], flow)
  // What nft does not show is of iptables-legacy.
  return { fix: lasting(rules.length > 0 ? rules : [insertedByIptables('OUTPUT', flow)]), on: from.name }
}

interface Flow {
  side: 'source' | 'destination'
  /** None: all. */
  addresses: readonly string[]
  family: 'ip' | 'ip6'
  protocol: string
  port: string
}

/** How iptables names its chains where it writes through nftables; rules of nft there are not kept with its own. */
const OF_IPTABLES = /^ip6? filter (INPUT|OUTPUT)$/

/** At the head of each of these chains that sees packets of this family. */
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
