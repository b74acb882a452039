import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import type { CheckParams, Verdict } from '../../engine/checks/check.ts'
import { check } from './check.ts'
import type { Statement } from './nft-json.ts'

type Roles = CheckParams['roles']

interface Scene extends FakeHostOptions {
  nft?: string
  iptables?: string
  legacy?: string
}

/** At 10.0.2.10/24 on eth0. */
function look({ nft, iptables, legacy, ...more }: Scene, roles: Roles = ['master']): Promise<Verdict> {
  const { files } = procFiles([])
  const host = fakeHost({ ...more, files: { ...files, ...more.files } })
  if (nft !== undefined) host.on(['nft', '-j', 'list', 'ruleset'], { stdout: nft })
  if (iptables !== undefined) host.on(['iptables-nft-save'], { stdout: iptables })
  if (legacy !== undefined) {
    host.files.seed('/proc/net/ip_tables_names', 'filter\n')
    host.on(['iptables-legacy-save'], { stdout: legacy })
  }
  return check.look(host, { roles, ownStateDirectory: '/var/lib/cantrip' })
}

const dump = (...lines: string[]) => `*filter\n${lines.join('\n')}\nCOMMIT\n`
const POLICIES = (input: string, forward: string) => [
  `:INPUT ${input} [0:0]`,
  `:FORWARD ${forward} [0:0]`,
  ':OUTPUT ACCEPT [0:0]',
]
const ANSWERS = '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'

/** A ruleset as nft 1.0.6 prints it: one table, a chain that drops at the hook, and its rules. */
function ruleset(rules: Statement[][], more: object[] = [], hook = 'input'): string {
  const place = { family: 'inet', table: 'filter' }
  return JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6', json_schema_version: 1 } },
      { table: { family: 'inet', name: 'filter', handle: 1 } },
      ...more,
      { chain: { ...place, name: hook, handle: 1, type: 'filter', hook, prio: 0, policy: 'drop' } },
      ...rules.map((expr, handle) => ({ rule: { ...place, chain: hook, handle, expr } })),
    ],
  })
}
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } }) as Statement
const ACCEPT: Statement = { accept: null }
const answers = [match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), ACCEPT]
const byInterface = (name: unknown) => [match({ meta: { key: 'iifname' } }, name), ACCEPT]
const bySource = (source: unknown) => [match({ payload: { protocol: 'ip', field: 'saddr' } }, source), ACCEPT]
const byPort = (port: unknown, protocol = 'tcp') => [match({ payload: { protocol, field: 'dport' } }, port), ACCEPT]
const LO = byInterface('lo')
const PODS = byInterface({ set: ['cni0', 'flannel.1'] })

test('without rules and without a program to list them the check passes', async () => {
  expect(await look({})).toEqual({ kind: 'pass', found: 'no rules' })
  expect(await look({ nft: '{"nftables": []}', iptables: '' })).toEqual({ kind: 'pass', found: 'no rules' })
})

test('only root can list rules, and firewalld has its own check', async () => {
  expect(await look({ uid: 1000 })).toMatchObject({ kind: 'skipped' })
  const units = { 'firewalld.service': { active: true } }
  expect(await look({ units, directories: ['/run/systemd/system'] })).toMatchObject({ kind: 'pass' })
})

test('an unused backend is not queried: the query would load its kernel module', async () => {
  const host = fakeHost({ files: { ...procFiles([]).files, '/proc/modules': 'xfs 1 1 - Live 0x0\n' } })
  await check.look(host, { roles: [], ownStateDirectory: '/x' })
  expect(host.calls).toEqual([])
})

test('nftables.service with a policy that drops, and the fix for its file', async () => {
  const conf = 'flush ruleset\n\ntable inet filter {\n\tchain input {\n\t}\n}\n'
  const verdict = await look({ nft: ruleset([answers, LO]), files: { '/etc/nftables.conf': conf } })
  expect(verdict).toEqual({
    kind: 'fail',
    found:
      'inet filter input drops 10250/tcp, 8472/udp, 6443/tcp, 2379/tcp, 2380/tcp from other nodes, traffic from pods to this node',
    wanted: 'rules that allow the traffic between nodes and pods',
    fix: `rules=$(printf '%s\\n' 'insert rule inet filter input tcp dport { 10250, 6443, 2379, 2380 } accept' 'insert rule inet filter input udp dport { 8472 } accept' 'insert rule inet filter input iifname "cni0" accept' 'insert rule inet filter input iifname "flannel.1" accept') && printf '%s\\n' "$rules" | nft -f - && printf '%s\\n' "$rules" >> /etc/nftables.conf`,
  })
})

test.each([
  ['takes', 0, /\n\}\ninsert rule inet filter input tcp dport \{ 10250.*\n(insert rule .*\n)+$/],
  ['does not take', 1, /\n\}\n$/],
])('rules that nft %s: the file afterwards', async (_, exitCode, holds) => {
  const directory = mkdtempSync(join(tmpdir(), 'firewall-'))
  const [file, conf] = [join(directory, 'nftables.conf'), 'table inet filter {\n\tchain input {\n\t}\n}\n']
  writeFileSync(file, conf)
  const verdict = await look({ nft: ruleset([answers, LO]), files: { '/etc/nftables.conf': conf } })
  const fix = verdict.kind === 'fail' ? verdict.fix.replace('/etc/nftables.conf', file) : ''
  const { status } = spawnSync('sh', ['-c', `nft() { cat > /dev/null; return ${exitCode}; }; ${fix}`])
  expect(status).toBe(exitCode)
  expect(readFileSync(file, 'utf8')).toMatch(holds)
  rmSync(directory, { recursive: true })
})

test('a rule is not appended to a file that does not create its chain: the file would no longer load', async () => {
  const other = { '/etc/nftables.conf': 'table inet other {\n  chain input {\n  }\n}\n' }
  expect(await look({ nft: ruleset([answers]), files: other })).toMatchObject({
    fix: expect.stringMatching(
      / \| nft -f - {2}# and add the same rules where these rules are configured, to make them persistent$/,
    ),
  })
})

describe.each<[string, Statement[][], object[]?]>([
  ['by port', [byPort({ set: [6443, { range: [2379, 2380] }, 10250] }), byPort(8472, 'udp')]],
  ['by the network of the nodes', [bySource({ prefix: { addr: '10.0.0.0', len: 16 } })]],
  [
    'by a named set',
    [bySource('@nodes')],
    [{ set: { family: 'inet', table: 'filter', name: 'nodes', elem: [{ prefix: { addr: '10.0.2.0', len: 24 } }] } }],
  ],
  ['by the interface', [byInterface('eth*')]],
  ['by all but the interface', [[match({ meta: { key: 'iifname' } }, 'wan0', '!='), ACCEPT]]],
  [
    'by a verdict map',
    [
      [
        {
          vmap: {
            key: { meta: { key: 'l4proto' } },
            data: {
              set: [
                ['tcp', { accept: null }],
                ['udp', { accept: null }],
              ],
            },
          },
        } as unknown as Statement,
      ],
    ],
  ],
  [
    'by a set of interfaces and sources',
    [
      [
        match(
          { concat: [{ meta: { key: 'iifname' } }, { payload: { protocol: 'ip', field: 'saddr' } }] },
          { set: [{ concat: ['eth0', { prefix: { addr: '10.0.0.0', len: 8 } }] }] },
        ),
        ACCEPT,
      ],
    ],
  ],
])('nftables that accepts %s', (_, rules, more = []) => {
  test('passes', async () => {
    expect(await look({ nft: ruleset([answers, LO, PODS, ...rules], more) })).toMatchObject({ kind: 'pass' })
  })
  test('without it fails', async () => {
    expect(await look({ nft: ruleset([answers, LO, PODS], more) })).toMatchObject({ kind: 'fail' })
  })
})

test('rules for unusual packets are ignored, even if it is unknown whether they apply', async () => {
  const odd: Statement[][] = [
    [match({ ct: { key: 'state' } }, 'invalid', 'in'), { drop: null }],
    [
      match({ '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, ['fin', 'syn']] }, ['fin', 'syn']),
      { drop: null },
    ],
    [match({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false), { drop: null }],
    [match({ payload: { protocol: 'ip', field: 'saddr' } }, '@banned'), { drop: null }],
    [match({ meta: { key: 'pkttype' } }, 'multicast'), { drop: null }],
    [{ limit: { rate: 9 } }, { drop: null }],
  ]
  expect(await look({ nft: ruleset([...odd, answers, PODS, byInterface('eth0')]) })).toMatchObject({ kind: 'pass' })
})

test('a rule that may accept only some of the nodes is a warning', async () => {
  const some = { set: ['10.0.2.11', '10.0.2.12'] }
  expect(await look({ nft: ruleset([answers, PODS, bySource(some)]) }, ['worker'])).toMatchObject({
    kind: 'warn',
    found: 'inet filter input may drop, by rules that cannot be evaluated, 10250/tcp, 8472/udp from other nodes',
  })
})

test('the pod subnet is that of the cluster in the credentials', async () => {
  const host = fakeHost({ files: procFiles([]).files })
  const rules = [answers, byInterface('eth0'), bySource({ prefix: { addr: '10.200.0.0', len: 15 } })]
  host.on(['nft', '-j', 'list', 'ruleset'], { stdout: ruleset(rules) })
  const params = { roles: ['master' as const], ownStateDirectory: '/x' }
  expect(await check.look(host, params)).toMatchObject({ kind: 'warn' })
  const subnets = { pod: '10.200.0.0/16', service: '10.96.0.0/12' }
  expect(await check.look(host, { ...params, subnets })).toMatchObject({ kind: 'pass' })
})

test('sets with all networks of a country are evaluated in time', async () => {
  const elem = Array.from({ length: 50_000 }, (_, i) => ({
    prefix: { addr: `${11 + (i % 100)}.${(i >> 8) & 255}.${i & 255}.0`, len: 24 },
  }))
  const country = { set: { family: 'inet', table: 'filter', name: 'country', elem } }
  const banned = [match({ payload: { protocol: 'ip', field: 'saddr' } }, '@country'), { drop: null }]
  const rules = [answers, PODS, banned, byInterface('eth0')]
  const startedMs = performance.now()
  expect(await look({ nft: ruleset(rules, [country]) })).toMatchObject({ kind: 'pass' })
  // It once took half a minute; one second is many times the present duration.
  expect(performance.now() - startedMs).toBeLessThan(5_000)
})

test('replies and outgoing packets must be accepted', async () => {
  expect(await look({ nft: ruleset([byPort({ range: [1, 32_000] }), byPort(8472, 'udp'), PODS]) })).toMatchObject({
    kind: 'fail',
    found: expect.stringContaining('replies to this node'),
    fix: expect.stringContaining('insert rule inet filter input ct state established,related accept'),
  })
  expect(await look({ nft: ruleset([answers], [], 'output') }, ['worker'])).toMatchObject({
    kind: 'fail',
    found:
      'inet filter output drops 10250/tcp, 8472/udp, 6443/tcp, 2379/tcp, 2380/tcp to other nodes, traffic from this node to pods',
  })
})

describe('iptables', () => {
  test('the rules of a cloud image reject all other packets, in FORWARD too', async () => {
    const rules = dump(
      ...POLICIES('ACCEPT', 'ACCEPT'),
      '-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT',
      '-A INPUT -p icmp -j ACCEPT',
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT',
      '-A INPUT -j REJECT --reject-with icmp-host-prohibited',
      '-A FORWARD -j REJECT --reject-with icmp-host-prohibited',
    )
    expect(await look({ iptables: rules, files: { '/etc/iptables/rules.v4': rules } }, ['worker'])).toMatchObject({
      kind: 'fail',
      found: expect.stringMatching(
        /^INPUT \(iptables\) drops 10250\/tcp.*; FORWARD \(iptables\) drops traffic between pods/,
      ),
      fix: 'iptables -I INPUT -p tcp -m multiport --dports 10250 -j ACCEPT && iptables -I INPUT -p udp -m multiport --dports 8472 -j ACCEPT && iptables -I INPUT -i cni0 -j ACCEPT && iptables -I INPUT -i flannel.1 -j ACCEPT && iptables -I FORWARD -i cni0 -j ACCEPT && iptables -I FORWARD -o cni0 -j ACCEPT && iptables-save > /etc/iptables/rules.v4',
    })
  })

  test('the policy of Docker in FORWARD does no harm: the rules of the pod network come first', async () => {
    const docker = dump(
      ...POLICIES('ACCEPT', 'DROP'),
      ':DOCKER-USER - [0:0]',
      '-A FORWARD -j DOCKER-USER',
      '-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
      '-A DOCKER-USER -j RETURN',
    )
    expect(await look({ iptables: docker })).toMatchObject({ kind: 'pass' })
    expect(await look({ legacy: docker }), 'it writes to nftables').toMatchObject({
      kind: 'fail',
      fix: expect.stringContaining('iptables -I FORWARD -i cni0 -j ACCEPT'),
    })
  })

  test('nested chains: jump, return, goto', async () => {
    const rules = (...site: string[]) =>
      dump(...POLICIES('DROP', 'ACCEPT'), ':SITE - [0:0]', ANSWERS, '-A INPUT -i cni0 -j ACCEPT', ...site)
    const returns = ['-A INPUT -j SITE', '-A INPUT -j ACCEPT', '-A SITE -s 10.0.0.0/8 -j RETURN', '-A SITE -j DROP']
    expect(await look({ iptables: rules(...returns) })).toMatchObject({ kind: 'pass' })
    const goes = ['-A INPUT -g SITE', '-A INPUT -j ACCEPT', '-A SITE -p icmp -j ACCEPT']
    expect(await look({ iptables: rules(...goes) })).toMatchObject({ kind: 'fail' })
  })

  test('the fix uses ufw, but only if it is enabled', async () => {
    const rules = dump(
      ...POLICIES('DROP', 'DROP'),
      ':ufw-not-local - [0:0]',
      ':ufw-user-input - [0:0]',
      ANSWERS,
      '-A INPUT -j ufw-not-local',
      '-A INPUT -j ufw-user-input',
      '-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN',
      '-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j DROP',
      '-A ufw-not-local -j DROP',
      '-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT',
    )
    const enabled = { '/etc/ufw/ufw.conf': 'ENABLED=yes\n' }
    expect(await look({ iptables: rules, files: enabled }, ['worker'])).toMatchObject({
      kind: 'fail',
      fix: 'ufw allow in proto tcp to any port 10250 && ufw allow in proto udp to any port 8472 && ufw allow in on cni0 && ufw allow in on flannel.1',
    })
    expect(await look({ iptables: rules }, ['worker'])).toMatchObject({ fix: expect.stringMatching(/^iptables -I/) })
  })

  test('without a role, closed ports of a master are a warning', async () => {
    const worker = ['-A INPUT -p tcp --dport 10250 -j ACCEPT', '-A INPUT -p udp --dport 8472 -j ACCEPT']
    const rules = dump(...POLICIES('DROP', 'ACCEPT'), ANSWERS, '-A INPUT -i cni0 -j ACCEPT', ...worker)
    expect(await look({ iptables: rules }, [])).toMatchObject({ kind: 'warn' })
    expect(await look({ iptables: rules }, ['worker'])).toMatchObject({ kind: 'pass' })
    expect(await look({ iptables: rules }, ['master'])).toMatchObject({ kind: 'fail' })
  })

  test('chains of iptables in the output of nft are not evaluated twice', async () => {
    const place = { family: 'ip', table: 'filter' }
    const nft = JSON.stringify({
      nftables: [
        { chain: { ...place, name: 'INPUT', type: 'filter', hook: 'input', prio: 0, policy: 'drop' } },
        { rule: { ...place, chain: 'INPUT', expr: [{ xt: { type: 'match', name: 'set' } }, ACCEPT] } },
      ],
    })
    const rules = dump(...POLICIES('DROP', 'ACCEPT'), '-A INPUT -i eth0 -j ACCEPT', '-A INPUT -i cni0 -j ACCEPT')
    expect(await look({ nft, iptables: rules })).toMatchObject({ kind: 'pass' })
    expect(await look({ nft }), 'where iptables is not installed').toMatchObject({ kind: 'warn' })
  })
})

test.each<[string, object, RegExp]>([
  ['an error', { exitCode: 1, stderr: 'Error: JSON support not compiled-in\n' }, /ended with 1: Error: JSON support/],
  ['half an answer', { stdout: '{"nftables": [' }, /nft -j list ruleset did not print a JSON ruleset/],
])('a program that exits with %s is a warning', async (_, answer, found) => {
  const host = fakeHost({ files: procFiles([]).files })
  host.on(['nft'], answer)
  expect(await check.look(host, { roles: [], ownStateDirectory: '/x' })).toMatchObject({
    kind: 'warn',
    found: expect.stringMatching(found),
    fix: 'for details, run: nft -j list ruleset',
  })
})

test('rules of iptables are inserted by the program of their backend', async () => {
  const rules = dump(...POLICIES('DROP', 'ACCEPT'))
  const first = async (scene: Scene) => {
    const verdict = await look(scene, ['worker'])
    return verdict.kind === 'fail' ? (verdict.fix.split(' ')[0] ?? '') : verdict.kind
  }
  const both = { '/usr/sbin/iptables': '', '/usr/sbin/iptables-nft': '', '/usr/sbin/iptables-legacy': '' }
  expect(await first({ iptables: rules, files: both })).toBe('iptables-nft')
  expect(await first({ legacy: rules, files: both })).toBe('iptables-legacy')
  expect(await first({ legacy: rules, files: { '/usr/sbin/iptables': '' } })).toBe('iptables')
})

describe('a set or a map that is too large to expand', () => {
  const saddr = { payload: { protocol: 'ip', field: 'saddr' } }
  const dport = { payload: { protocol: 'tcp', field: 'dport' } }
  const pairs = { concat: [saddr, dport] }
  const address = (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
  const elem = (count: number) => Array.from({ length: count }, (_, i) => ({ concat: [address(i), 6443] }))
  const set = (name: string, count: number) => ({ set: { family: 'inet', table: 'filter', name, elem: elem(count) } })
  const vmap = (count: number, verdict: object) =>
    [{ vmap: { key: pairs, data: { set: elem(count).map((each) => [each, verdict]) } } }] as unknown as Statement[]

  test.each<[string, Statement[], object[]]>([
    ['130,000 pairs', [match(pairs, '@many'), ACCEPT], [set('many', 130_000)]],
    ['400 pairs, and 400 again', [match(pairs, '@some'), match(pairs, '@some'), ACCEPT], [set('some', 400)]],
    ['a map of 130,000 pairs', vmap(130_000, { accept: null }), []],
    ['400 pairs, and a map of 400', [match(pairs, '@some'), ...vmap(400, { accept: null })], [set('some', 400)]],
  ])('%s that may accept traffic of the cluster: a warning', async (_, rule, more) => {
    const others = [byPort({ set: [{ range: [2379, 2380] }, 10250] }), byPort(8472, 'udp')]
    expect(await look({ nft: ruleset([answers, LO, PODS, rule, ...others], more) })).toMatchObject({
      kind: 'warn',
      found: expect.stringContaining('may drop, by rules that cannot be evaluated, 6443/tcp'),
    })
  })

  test('a set that drops: no finding, because other rules accept the traffic', async () => {
    const rules = [[match(pairs, '@many'), { drop: null }], vmap(130_000, { drop: null }), bySource('10.0.0.0/8')]
    const open = [byPort({ set: [6443, { range: [2379, 2380] }, 10250] }), byPort(8472, 'udp')]
    const nft = ruleset([answers, LO, PODS, ...rules, ...open], [set('many', 130_000)])
    expect(await look({ nft })).toMatchObject({ kind: 'pass' })
  })

  test('a set of a few pairs is still expanded', async () => {
    const nft = ruleset([answers, LO, PODS, [match(pairs, { set: elem(400) }), ACCEPT], byPort(8472, 'udp')])
    expect(await look({ nft })).toMatchObject({ kind: 'fail', found: expect.stringContaining('10250/tcp') })
  })
})
