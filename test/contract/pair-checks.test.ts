import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { PairFinding } from '../../src/protocol/api/pair-report.ts'
import { namespaces, type RunningNodes, startNodes } from '../support/pair-checks/namespaces.ts'
import { nodeOf } from '../support/pair-checks/nodes.ts'

/** Two nodes in network namespaces with a router between them, and real firewalls and links. */
describe.skipIf(process.getuid?.() !== 0)('pair checks (needs root)', () => {
  const world = namespaces(`cantrip-${process.pid}`)
  const master = { ...nodeOf('m', ['master']), address: '10.1.0.2', interface: 'to-r' }
  const worker = { ...nodeOf('w', ['worker']), address: '10.2.0.2', interface: 'to-r' }
  const nft = (on: string, ...lines: string[]) => {
    for (const line of lines) world.run(on, 'nft', ...line.split(' '))
  }
  /** A separate table, so that its rules are removed with it. */
  const block = (on: string, hook: 'input' | 'output', rule: string) =>
    nft(
      on,
      'add table inet site',
      `add chain inet site guard { type filter hook ${hook} priority 0 ; }`,
      `add rule inet site guard ${rule}`,
    )
  let nodes: RunningNodes
  const check = () => nodes.check()
  const short = (findings: readonly PairFinding[]) =>
    findings.map(
      ({ verdict, kind, from, to, port, found }) => `${verdict} ${from.join(',')} ${to} ${port ?? kind}: ${found}`,
    )

  beforeAll(async () => {
    for (const name of ['m', 'r', 'w']) world.add(name)
    world.connect(['m', '10.1.0.2/24'], ['r', '10.1.0.1/24'])
    world.connect(['w', '10.2.0.2/24'], ['r', '10.2.0.1/24'])
    world.ip('m', 'route', 'add', 'default', 'via', '10.1.0.1')
    world.ip('w', 'route', 'add', 'default', 'via', '10.2.0.1')
    world.run('r', 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    nodes = await startNodes([master, worker], world)
  })
  afterEach(() => {
    for (const name of ['m', 'r', 'w']) nft(name, 'add table inet site', 'delete table inet site')
  })
  afterAll(async () => {
    await nodes.stop()
    world.removeAll()
  })

  test('healthy nodes pass, and no port stays open', async () => {
    const { findings, pairs, latency, clockSpreadMs, answers } = await check()
    expect(findings).toEqual([])
    expect(pairs).toEqual({ checked: 1, fine: 1, of: 1 })
    expect(latency?.medianMs).toBeGreaterThan(0)
    // Both nodes have the same clock, read in milliseconds.
    expect(clockSpreadMs).toBeLessThan(20)
    expect(answers.get(master.id)?.dialled.get(worker.id)?.sizes).toMatchObject({ mtu: 1500, whole: [1500] })
    expect(world.run('m', 'ss', '-Hlntu')).toBe('')
  })

  test.each([
    ['drop', 'filtered: no answer came back'],
    ['reject', 'refused: a firewall rejects it (RST or ICMP port unreachable)'],
    ['reject with tcp reset', 'refused: a firewall rejects it (RST or ICMP port unreachable)'],
    [
      'reject with icmpx type admin-prohibited',
      'unreachable: a firewall or router reports it (ICMP), or there is no route',
    ],
  ])('TCP that a firewall blocks with %s, and the fix', async (how, found) => {
    block('m', 'input', `tcp dport 6443 ${how}`)
    const blocked = await check()
    expect(short(blocked.findings)).toEqual([`fail w m 6443/tcp: ${found}`])
    const [finding] = blocked.findings
    expect(finding).toMatchObject({
      on: 'm',
      fix: 'nft insert rule inet site guard ip saddr 10.2.0.2 tcp dport 6443 accept  # and add the same rules where these rules are configured, to make them persistent',
    })
    world.run('m', 'sh', '-c', finding?.fix ?? '')
    expect((await check()).findings).toEqual([])
  })

  test('UDP that is blocked in one direction differs from UDP that is blocked in both', async () => {
    block('w', 'input', 'udp dport 8472 drop')
    expect(short((await check()).findings)).toEqual([
      'fail m w 8472/udp: filtered: no answer came back; the other direction is open',
    ])
    block('m', 'input', 'udp dport 8472 reject')
    expect(short((await check()).findings)).toEqual([
      'fail m w 8472/udp: filtered: no answer came back; the other direction is blocked too',
      'fail w m 8472/udp: refused: a firewall rejects it (RST or ICMP port unreachable); the other direction is blocked too',
    ])
  })

  test('a blocked answer is not reported as a blocked request', async () => {
    block('m', 'input', 'udp sport 8472 drop')
    expect((await check()).findings).toEqual([])
  })

  test('an output rule of the sending node is reported for that node', async () => {
    block('w', 'output', 'udp dport 8472 drop')
    const { findings } = await check()
    expect(short(findings)).toEqual([
      'fail w m 8472/udp: forbidden by its own firewall rules for output; the other direction is open',
    ])
    expect(findings[0]).toMatchObject({
      on: 'w',
      fix: expect.stringContaining('nft insert rule inet site guard ip daddr 10.1.0.2'),
    })
  })

  test('a filter between the nodes is not reported for either node', async () => {
    block('r', 'input', 'accept')
    nft(
      'r',
      'add chain inet site between { type filter hook forward priority 0 ; }',
      'add rule inet site between tcp dport 10250 drop',
    )
    const { findings } = await check()
    expect(short(findings)).toEqual(['fail m w 10250/tcp: filtered: no answer came back'])
    expect(findings[0]).toMatchObject({ on: null, fix: expect.stringContaining('check the network between') })
  })

  test('no connection at all is one finding', async () => {
    world.ip('r', 'link', 'set', 'to-w', 'down')
    const { findings } = await check()
    expect(short(findings)).toEqual(['fail w m path: they cannot reach each other on any port, in either direction'])
    world.ip('r', 'link', 'set', 'to-w', 'up')
  })

  test('packets have the DF flag: a router with a smaller MTU rejects them each time', async () => {
    world.ip('r', 'link', 'set', 'to-w', 'mtu', '1400')
    const found = 'packets of 1500 bytes do not arrive unfragmented; the largest that arrives has 1400'
    expect(short((await check()).findings)).toEqual([`fail m w mtu: ${found}`, `fail w m mtu: ${found}`])
    // Now the kernel knows the path: it would fragment such a packet here, which would arrive.
    const { findings, answers } = await check()
    expect(short(findings)).toEqual([`fail m w mtu: ${found}`, `fail w m mtu: ${found}`])
    expect(answers.get(worker.id)?.received?.[0]?.sizes).toContain(1500)
    expect(findings[0]?.fix).toMatch(/^ip link set dev to-r mtu 1400 /)
    for (const node of ['m', 'w']) world.ip(node, 'link', 'set', 'to-r', 'mtu', '1400')
    expect(short((await check()).findings)).toEqual([])
    for (const node of ['m', 'w']) world.ip(node, 'link', 'set', 'to-r', 'mtu', '1500')
    world.ip('r', 'link', 'set', 'to-w', 'mtu', '1500')
    for (const node of ['m', 'w']) world.ip(node, 'route', 'flush', 'cache')
  })

  test('without the DF flag routers fragment packets, and the sizes cannot be checked', async () => {
    for (const node of ['m', 'w']) world.run(node, 'sysctl', '-qw', 'net.ipv4.ip_no_pmtu_disc=1')
    const { findings, answers } = await check()
    expect(answers.get(master.id)?.dialled.get(worker.id)?.sizes).toMatchObject({
      dontFragment: false,
      answered: [1500],
    })
    expect(short(findings)).toEqual([
      expect.stringMatching(/^skipped m all mtu: its packets can be fragmented/),
      expect.stringMatching(/^skipped w all mtu: its packets can be fragmented/),
    ])
    for (const node of ['m', 'w']) world.run(node, 'sysctl', '-qw', 'net.ipv4.ip_no_pmtu_disc=0')
  })

  test('a port of a kernel tunnel is skipped, and the tunnel is unchanged', async () => {
    world.ip('w', 'link', 'add', 'flannel.1', 'type', 'vxlan', 'id', '1', 'dstport', '8472', 'local', '10.2.0.2')
    world.ip('w', 'link', 'set', 'flannel.1', 'up')
    expect(short((await check()).findings)).toEqual(['skipped  w 8472/udp: already in use, by the kernel or a program'])
    expect(world.run('w', 'cat', '/sys/class/net/flannel.1/statistics/rx_packets').trim()).toBe('0')
    world.ip('w', 'link', 'delete', 'flannel.1')
  })
})
