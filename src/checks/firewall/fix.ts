import { command, inOrder, remarked } from '../../base/command.ts'
import { POD_BRIDGE, POD_INTERFACES } from '../../base/kubernetes-names.ts'
import { findCommand } from '../../host/files/find-command.ts'
import type { HostView } from '../../host/host.ts'
import { isUfwEnabled } from '../../host/network/is-ufw-enabled.ts'
import type { Obstacle } from './obstacle.ts'
import type { BaseChain } from './walk.ts'

/** Commands to paste, of the firewall that manages the rules, so that they persist. */
export async function fixFor(host: HostView, obstacles: readonly Obstacle[]): Promise<string> {
  const ofIptables = obstacles.filter(({ chain }) => chain.program !== 'nft')
  const ofNft = obstacles.filter(({ chain }) => chain.program === 'nft')
  const isUfw = ofIptables.length > 0 && (await isUfwEnabled(host))
  const parts = [
    ...(isUfw ? [ufw(ofIptables)] : ofIptables.length > 0 ? [await iptables(host, ofIptables)] : []),
    ...(ofNft.length > 0 ? [await nft(host, ofNft)] : []),
  ]
  const notes = parts.flatMap(({ note }) => note ?? [])
  const line = inOrder(...parts.map((part) => part.command))
  return notes.length > 0 ? remarked(line, notes.join('; ')) : line
}

interface Part {
  command: string
  /** What remains to be done by hand. */
  note?: string
}

function ufw(obstacles: readonly Obstacle[]): Part {
  const at = (hook: BaseChain['hook']) => obstacles.filter(({ chain }) => chain.hook === hook)
  const ports = (hook: 'input' | 'output', direction: string) =>
    PROTOCOLS.flatMap((protocol) => {
      const list = portsOf(at(hook), protocol)
      return list.length > 0 ? [command`ufw allow ${direction} proto ${protocol} to any port ${list.join(',')}`] : []
    })
  const commands = [
    ...ports('input', 'in'),
    ...(hasPods(at('input')) ? POD_INTERFACES.map((name) => command`ufw allow in on ${name}`) : []),
    ...ports('output', 'out'),
    ...(hasPods(at('output')) ? POD_INTERFACES.map((name) => command`ufw allow out on ${name}`) : []),
    ...(hasPods(at('forward')) ? ['in', 'out'].map((way) => command`ufw route allow ${way} on ${POD_BRIDGE}`) : []),
  ]
  return { command: commands.join(' && ') }
}

/** Inserts at the head of the chain, before the rules that reject. */
async function iptables(host: HostView, obstacles: readonly Obstacle[]): Promise<Part> {
  const kinds = [...new Set(obstacles.map(({ chain }) => chain.program))]
  const programs = new Map(await Promise.all(kinds.map(async (kind) => [kind, await programOf(host, kind)] as const)))
  const commands = chainsOf(obstacles).flatMap(({ chain, own }) => {
    const insert = command`${programs.get(chain.program) ?? 'iptables'} -I ${chain.name}`
    return [
      ...(own.some(({ flow }) => flow.opening === 'answers')
        ? [`${insert} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`]
        : []),
      ...PROTOCOLS.flatMap((protocol) => {
        const list = portsOf(own, protocol)
        return list.length > 0 ? [`${insert} -p ${protocol} -m multiport --dports ${list.join(',')} -j ACCEPT`] : []
      }),
      ...podMatches(own, chain.hook).map(
        ([side, name]) => `${insert} ${side === 'in' ? '-i' : '-o'} ${name} -j ACCEPT`,
      ),
    ]
  })
  const { command: persist, note } = await persistCommand(host, [...programs.values()][0] ?? 'iptables')
  return { command: [...commands, ...persist].join(' && '), ...(note && { note }) }
}

/** The plain name `iptables` is a link to one of the two; some machines have only that. */
async function programOf(host: HostView, kind: BaseChain['program']): Promise<string> {
  const name = kind === 'iptables' ? 'iptables-nft' : 'iptables-legacy'
  return (await findCommand(host, name)) === undefined ? 'iptables' : name
}

/** How this machine makes iptables rules persistent. */
async function persistCommand(host: HostView, program: string): Promise<{ command: string[]; note?: string }> {
  if ((await findCommand(host, 'netfilter-persistent')) !== undefined) return { command: ['netfilter-persistent save'] }
  for (const file of ['/etc/sysconfig/iptables', '/etc/iptables/rules.v4', '/etc/iptables/iptables.rules'])
    if ((await host.stat(file)) !== undefined) return { command: [`${program}-save > ${file}`] }
  if ((await host.stat('/etc/csf/csf.conf')) !== undefined)
    return { command: [], note: 'and the same lines in /etc/csf/csfpost.sh, to make them persistent' }
  if ((await host.stat('/etc/shorewall/shorewall.conf')) !== undefined)
    return { command: [], note: 'and the same lines in /etc/shorewall/started, to make them persistent' }
  return { command: [], note: 'and add the same rules where these rules are configured, to make them persistent' }
}

const NFT_FILES = ['/etc/nftables.conf', '/etc/sysconfig/nftables.conf']

async function nft(host: HostView, obstacles: readonly Obstacle[]): Promise<Part> {
  const lines = chainsOf(obstacles).flatMap(({ chain, own }) => [
    ...(own.some(({ flow }) => flow.opening === 'answers')
      ? [`insert rule ${chain.name} ct state established,related accept`]
      : []),
    ...PROTOCOLS.flatMap((protocol) => {
      const list = portsOf(own, protocol)
      return list.length > 0 ? [`insert rule ${chain.name} ${protocol} dport { ${list.join(', ')} } accept`] : []
    }),
    ...podMatches(own, chain.hook).map(
      ([side, name]) => `insert rule ${chain.name} ${side === 'in' ? 'iifname' : 'oifname'} "${name}" accept`,
    ),
  ])
  const file = await fileWith(
    host,
    chainsOf(obstacles).map(({ chain }) => chain.name),
  )
  // The rules are added to the file only if nft accepts them: one invalid rule keeps the whole file from loading at boot.
  if (file !== undefined) {
    const addAndPersist = command`rules=$(printf '%s\n' ${lines}) && printf '%s\n' "$rules" | nft -f - && printf '%s\n' "$rules" >> ${file}`
    return { command: addAndPersist }
  }
  return {
    command: command`printf '%s\n' ${lines} | nft -f -`,
    note: 'and add the same rules where these rules are configured, to make them persistent',
  }
}

/** The file that nftables.service loads, if it creates these chains: with a rule for a missing chain it would not load. */
async function fileWith(host: HostView, chains: readonly string[]): Promise<string | undefined> {
  const texts = await Promise.all(NFT_FILES.map(async (file) => ({ file, text: (await host.read(file)) ?? '' })))
  const creates = (text: string, name: string) => {
    const [family, table, chain] = name.split(' ')
    const tables = text.split(/^\s*(?:add\s+)?table\s+/m).filter((each) => each.startsWith(`${family} ${table} {`))
    return tables.some((each) => each.split('\n').some((line) => line.trim().startsWith(`chain ${chain} {`)))
  }
  return texts.find(({ text }) => chains.every((name) => creates(text, name)))?.file
}

const PROTOCOLS = ['tcp', 'udp'] as const

function chainsOf(obstacles: readonly Obstacle[]): { chain: BaseChain; own: Obstacle[] }[] {
  const groups = Map.groupBy(obstacles, ({ chain }) => chain)
  return [...groups].map(([chain, own]) => ({ chain, own }))
}

function portsOf(obstacles: readonly Obstacle[], protocol: 'tcp' | 'udp'): number[] {
  return obstacles.flatMap(({ flow: { opening } }) =>
    typeof opening === 'object' && opening.protocol === protocol ? [opening.port] : [],
  )
}

const hasPods = (obstacles: readonly Obstacle[]) => obstacles.some(({ flow }) => flow.opening === 'pods')

function podMatches(obstacles: readonly Obstacle[], hook: BaseChain['hook']): (readonly ['in' | 'out', string])[] {
  if (!hasPods(obstacles)) return []
  if (hook === 'forward')
    return [
      ['in', POD_BRIDGE],
      ['out', POD_BRIDGE],
    ]
  return POD_INTERFACES.map((name) => [hook === 'input' ? 'in' : 'out', name] as const)
}
