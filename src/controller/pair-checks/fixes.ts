import { command } from '../../errors/command.ts'
import type { Firewall, PairPort } from '../../protocol/pair-check.ts'
import type { PairFinding } from '../../protocol/pair-report.ts'
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
      return { fix: rules.join(' && '), on: to.name }
    }
    case 'nftables': {
      const rules = firewall.input.map(
        (chain) => command`nft insert rule ${chain.split(' ')} ${saddr(addresses)} ${protocol} dport ${port} accept`,
      )
      if (rules.length > 0) return { fix: `${rules.join(' && ')}  # and in /etc/nftables.conf, to stay`, on: to.name }
    }
  }
  const names = from.map((node) => node.name).join(', ')
  const where = `nothing that filters was found on ${to.name}; look at what lies between (switch, router, security group)`
  return { fix: `let ${name} through from ${names} to ${to.name} (${to.address}): ${where}`, on: null }
}

/** Lets a node send to a port. */
export function letOut(firewall: Firewall | undefined, from: PairNode, to: PairNode, name: PairPort): Fix {
  const [port = '', protocol = ''] = name.split('/')
  const family = to.address.includes(':') ? 'ip6' : 'ip'
  const rules = (firewall?.output ?? []).map(
    (chain) =>
      command`nft insert rule ${chain.split(' ')} ${family} daddr ${to.address} ${protocol} dport ${port} accept`,
  )
  if (rules.length > 0) return { fix: `${rules.join(' && ')}  # and in /etc/nftables.conf, to stay`, on: from.name }
  return { fix: command`iptables -I OUTPUT -p ${protocol} -d ${to.address} --dport ${port} -j ACCEPT`, on: from.name }
}

function saddr(addresses: readonly string[]): string[] {
  if (addresses.length === 0) return []
  const family = addresses[0]?.includes(':') ? 'ip6' : 'ip'
  return [family, 'saddr', addresses.length === 1 ? (addresses[0] ?? '') : `{ ${addresses.join(', ')} }`]
}
