import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseIptables } from '../../src/checks/firewall/iptables.ts'
import { parseNft } from '../../src/checks/firewall/nft.ts'
import type { Packet } from '../../src/checks/firewall/packet.ts'
import { type BaseChain, type Fate, fateOf } from '../../src/checks/firewall/walk.ts'
import { seed } from '../run/campaign.ts'
import { namespaces } from '../support/pair-checks/namespaces.ts'
import { seededRandom } from '../support/random.ts'

const PROBER = new URL('../support/packets/prober.ts', import.meta.url).pathname
const ROUNDS = 8
const MOST_DIALS = 8

/** A node, its peer and a pod: the predicted verdict for a packet must match what the kernel does. */
describe.skipIf(process.getuid?.() !== 0)(`the evaluation of a packet filter (needs root; seed ${seed})`, () => {
  const world = namespaces(`cantrip-${process.pid}`)
  const children: ChildProcess[] = []
  const [node, peer, pod] = ['10.1.0.2', '10.1.0.3', '10.244.0.5']
  let dialler: Record<'peer' | 'pod', (line: string) => Promise<boolean>>

  beforeAll(async () => {
    for (const name of ['node', 'peer', 'pod']) world.add(name)
    world.connect(['node', `${node}/24`], ['peer', `${peer}/24`])
    world.connect(['node', '10.244.0.1/24'], ['pod', `${pod}/24`])
    world.ip('pod', 'route', 'add', 'default', 'via', '10.244.0.1')
    world.ip('peer', 'route', 'add', '10.244.0.0/24', 'via', node)
    world.run('node', 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    const [, , ofPeer, ofPod] = await Promise.all([
      start('node', 'listen', node, '22', '6443', '8472'),
      start('peer', 'listen', peer, '22', '6443', '8472'),
      start('peer', 'dial'),
      start('pod', 'dial'),
    ])
    dialler = { peer: ask(ofPeer), pod: ask(ofPod) }
  })
  afterAll(async () => {
    for (const child of children) child.stdin?.end()
    await Promise.all(children.map((child) => once(child, 'close')))
    world.removeAll()
  })

  async function start(name: string, ...args: string[]): Promise<[ChildProcess, Interface]> {
    const [command = '', ...argv] = world.argv(name, [process.execPath, PROBER, ...args])
    const child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    const lines = createInterface({ input: child.stdout })
    await once(lines, 'line')
    return [child, lines]
  }

  function ask([child, lines]: [ChildProcess, Interface]): (line: string) => Promise<boolean> {
    const waiting = new Map<string, (isThrough: boolean) => void>()
    lines.on('line', (answer) => {
      const [, line = '', word] = /^(.*) (\w+)$/.exec(answer) ?? []
      waiting.get(line)?.(word === 'through')
    })
    return (line) => {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      waiting.set(line, resolve)
      child.stdin?.write(`${line}\n`)
      return promise
    }
  }

  const own = { address: node, isOwn: true }
  const others = { address: node, isOwn: false }
  const pods = { address: '10.244.0.0/16', isOwn: false }
  const common = { sourcePort: 40_000, state: 'new' } as const
  const packets = [22, 6443, 8472].flatMap((destinationPort) =>
    (['tcp', 'udp'] as const).flatMap((protocol): { dial: () => Promise<boolean>; packet: Packet; line: string }[] => {
      const way = { ...common, protocol, destinationPort }
      const toNode = `${protocol} ${node} ${destinationPort}`
      const toPeer = `${protocol} ${peer} ${destinationPort}`
      return [
        {
          ...{ line: `peer: ${toNode}`, dial: () => dialler.peer(toNode) },
          packet: { ...way, hook: 'input', in: ['to-peer'], source: others, destination: own },
        },
        {
          ...{ line: `pod: ${toNode}`, dial: () => dialler.pod(toNode) },
          packet: { ...way, hook: 'input', in: ['to-pod'], source: pods, destination: own },
        },
        {
          ...{ line: `pod: ${toPeer}`, dial: () => dialler.pod(toPeer) },
          packet: { ...way, hook: 'forward', in: ['to-pod'], out: ['to-peer'], source: pods, destination: others },
        },
      ]
    }),
  )

  /** The verdict of all chains of the packet's hook. */
  function overall(packet: Packet, chains: readonly BaseChain[]): Fate {
    const fates = chains.filter(({ hook }) => hook === packet.hook).map((chain) => fateOf(packet, chain))
    return fates.find((fate) => fate === 'closed') ?? fates.find((fate) => fate === 'unsure') ?? 'open'
  }

  async function compare(rules: string, chains: readonly BaseChain[]): Promise<Record<Fate, number>> {
    const count = { open: 0, closed: 0, unsure: 0 }
    await Promise.all(
      packets.map(async ({ packet, dial, line }) => {
        const fate = overall(packet, chains)
        count[fate] += 1
        if (fate === 'unsure') return
        // On a busy machine an answer may come late, and a source port may be that of a flow which the kernel still knows.
        let found: Fate = 'unsure'
        for (let tries = 0; found !== fate && tries < MOST_DIALS; tries++) found = (await dial()) ? 'open' : 'closed'
        expect({ line, is: found }, rules).toEqual({ line, is: fate })
      }),
    )
    return count
  }

  const load = (input: string, ...argv: string[]) => {
    const [command = '', ...rest] = world.argv('node', argv)
    execFileSync(command, rest, { input, stdio: ['pipe', 'inherit', 'inherit'] })
  }

  async function withNft(rules: string): Promise<Record<Fate, number>> {
    load(`flush ruleset\n${rules}`, 'nft', '-f', '-')
    return compare(rules, parseNft(world.run('node', 'nft', '-j', 'list', 'ruleset')))
  }

  async function withIptables(rules: string, program: 'iptables' | 'iptables-legacy'): Promise<Record<Fate, number>> {
    world.run('node', 'nft', 'flush', 'ruleset')
    load(rules, `${program}-restore`)
    const shown = parseIptables(world.run('node', `${program}-save`), program)
    const count = await compare(rules, shown)
    load('*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\nCOMMIT\n', `${program}-restore`)
    return count
  }

  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const some = <T>(from: readonly T[], most: number) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(from))

  const NETWORK = [
    ...['iifname "to-peer"', 'iifname "to-*"', 'iif lo', 'iifname { "cni0", "to-pod" }', 'iifname != "to-pod"'],
    ...[
      'ip saddr 10.0.0.0/8',
      'ip saddr != 10.0.0.0/8',
      'ip saddr { 10.1.0.0/24, 192.0.2.0/24 }',
      'ip saddr 127.0.0.0/8',
    ],
    ...['ip daddr 10.1.0.0/24', 'ip daddr 10.1.0.2', 'ip daddr != 10.1.0.2', 'ip saddr @nodes', 'ip saddr 10.1.0.77'],
    ...['ct state new', 'ct state { established, related }', 'ct state invalid', 'ct mark 7', 'meta mark 7'],
    ...['fib daddr type local', 'meta pkttype multicast'],
  ]
  const TRANSPORT = [
    ...['tcp dport 6443', 'tcp dport { 22, 6000-7000 }', 'tcp dport != 22', 'tcp dport @ports', 'udp dport 8472'],
    ...['th dport 8472', 'ip protocol tcp', 'meta l4proto { tcp, udp }', 'icmp type echo-request', 'tcp sport 22'],
    ...['ip saddr . tcp dport { 10.1.0.0/24 . 22, 10.244.0.0/16 . 6443 }', 'tcp flags & (fin|syn) == fin'],
  ]
  const VERDICTS = ['accept', 'drop', 'reject', 'return', 'continue', 'jump site', 'goto site', 'accept', 'drop']
  const nftRule = (verdicts: readonly string[]) =>
    `    ${[...some(NETWORK, 2), ...some(TRANSPORT, 1), 'counter', pick(verdicts)].join(' ')}`
  const nftRules = (verdicts: readonly string[]) => Array.from({ length: 4 }, () => nftRule(verdicts)).join('\n')
  const nftChain = (hook: string) => `  chain on_${hook} {
    type filter hook ${hook} priority 0; policy ${pick(['accept', 'drop'])};
    ct state ${pick(['established,related accept', 'vmap { established : accept, related : accept }'])}
${nftRules(VERDICTS)}
    ${pick(['', 'tcp dport vmap { 22 : accept, 6443 : jump site }', 'ip saddr vmap { 10.1.0.0/24 : drop }'])}
  }`

  test('random rules of nftables', { timeout: 120_000 }, async () => {
    const total = { open: 0, closed: 0, unsure: 0 }
    for (let round = 0; round < ROUNDS; round += 1) {
      const count = await withNft(`table ${pick(['ip', 'inet'])} site {
  set nodes { type ipv4_addr; flags interval; elements = { 10.1.0.0/24, 198.51.100.7 }; }
  set ports { type inet_service; flags interval; elements = { 22, 8000-9000 }; }
  chain site {
${nftRules(['accept', 'drop', 'return', 'continue'])}
  }
${nftChain('input')}
${nftChain('forward')}
}
`)
      for (const fate of ['open', 'closed', 'unsure'] as const) total[fate] += count[fate]
    }
    expect(Math.min(total.open, total.closed), JSON.stringify(total)).toBeGreaterThan(ROUNDS)
  })

  const IPTABLES = [
    ...['-i to-peer', '-i to-+', '-i lo', '! -i to-pod', '-s 10.0.0.0/8', '! -s 10.0.0.0/8', '-s 10.1.0.0/24'],
    ...['-d 10.1.0.2', '! -d 10.1.0.2', '-p tcp --dport 6443', '-p tcp ! --dport 22', '-p udp --dport 8000:9000'],
    ...['-p tcp -m multiport --dports 22,6000:7000', '-p icmp', '-m conntrack --ctstate NEW', '-m state --state NEW'],
    ...[
      '-m conntrack --ctstate RELATED,ESTABLISHED',
      '-m addrtype --dst-type LOCAL',
      '-m addrtype --dst-type MULTICAST',
    ],
    ...['-m comment --comment "a \\"b\\" -j ACCEPT"', '-p tcp --syn', '-m mark --mark 7'],
    ...['-m iprange --src-range 10.1.0.50-10.1.0.90', '-p tcp --tcp-flags ALL NONE', '-p 17'],
  ]
  const TARGETS = ['-j ACCEPT', '-j DROP', '-j REJECT', '-j RETURN', '-j SITE', '-g SITE', '-j MARK --set-mark 0', '']
  const rule = (chain: string, targets: readonly string[]) => `-A ${chain} ${pick(IPTABLES)} ${pick(targets)}`

  test.each(['iptables', 'iptables-legacy'] as const)('random rules of %s', { timeout: 120_000 }, async (program) => {
    const total = { open: 0, closed: 0, unsure: 0 }
    const targets = TARGETS.filter((target) => !target.includes('MARK'))
    for (let round = 0; round < ROUNDS; round += 1) {
      const chain = (name: string) => [
        `-A ${name} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
        ...Array.from({ length: 4 }, () => rule(name, targets)),
      ]
      const below = Array.from({ length: 3 }, () => rule('SITE', ['-j ACCEPT', '-j DROP', '-j RETURN']))
      const policies = ['INPUT', 'FORWARD'].map((name) => `:${name} ${pick(['ACCEPT', 'DROP'])} [0:0]`)
      const lines = [
        '*filter',
        ...policies,
        ':SITE - [0:0]',
        ...chain('INPUT'),
        ...chain('FORWARD'),
        ...below,
        'COMMIT',
        '',
      ]
      const count = await withIptables(lines.join('\n'), program)
      for (const fate of ['open', 'closed', 'unsure'] as const) total[fate] += count[fate]
    }
    expect(Math.min(total.open, total.closed), JSON.stringify(total)).toBeGreaterThan(ROUNDS)
  })
})
