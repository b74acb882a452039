import { expect, test } from 'vitest'
import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import type { Facts } from '../../../protocol/wire/facts.ts'
import { nodeText } from './node-text.ts'

const now = new Date('2026-01-01T00:00:20.000Z')
const node: NodeDetail = {
  ...{
    id: 'n-1',
    name: 'one',
    cluster: 'prod',
    createdAt: '',
    revision: 'r',
    state: 'DISCOVERED',
    roles: [],
    rule: null,
    ruleProblem: null,
    address: '10.0.0.1',
    os: '',
  },
  ...{
    agentVersion: '',
    lastSeen: null,
    step: null,
    waitingFor: null,
    fingerprint: 'SHA256:x',
    serial: null,
    joinedAt: null,
    connected: false,
    isCordoned: null,
    run: null,
  },
  ...{ error: null, problems: [], interface: null, disks: [], facts: null },
  warnings: [
    { id: 'swap', verdict: 'warn', found: 'on: /swap.img', wanted: 'no swap', fix: 'swapoff -a' },
    { id: 'ntp', verdict: 'warn', found: 'none answers', fix: 'open port 123', ignored: 'the hypervisor does it' },
    { id: 'firewalld', verdict: 'error', found: 'no answer within 20 s' },
  ],
}

test('shows the prechecks that did not pass, and why a failure was ignored', () => {
  expect(nodeText(node, now)).toContain(`
[!] swap: on: /swap.img
    wanted: no swap
    fix: swapoff -a
[!] ntp: none answers
    ignored on the node: the hypervisor does it
    fix: open port 123
[!] firewalld: check failed to run: no answer within 20 s
`)
  expect(nodeText({ ...node, warnings: [] }, now)).not.toContain('[!]')
})

test('shows the proxies of the node alone, and for which hosts it has logins', () => {
  const bare = {
    os: { prettyName: '', kernel: '', arch: 'x64' },
    cpu: {},
    interfaces: [],
    disks: [],
  } as unknown as Facts
  const proxy = { url: 'http://proxy:3128', inspects: true as const }
  const facts = { ...bare, proxy, registryLogins: ['mirror.example.org', 'http://proxy:3128'] }
  expect(nodeText({ ...node, facts, ownProxy: 'none' }, now)).toMatch(
    /^Proxy: +http:\/\/proxy:3128, which ends TLS, to the controller; none for containerd on this node\nLogins: +mirror.example.org, http:\/\/proxy:3128$/m,
  )
  const transparent = { ...bare, proxy: { inspects: true as const } }
  expect(nodeText({ ...node, facts: transparent }, now)).toMatch(
    /^Proxy: +a transparent one, which ends TLS, to the c/m,
  )
  expect(nodeText({ ...node, facts: bare, ownProxy: null }, now)).not.toMatch(/Proxy|Logins/)
})

test('control characters in the texts of an unapproved node do not reach the terminal', () => {
  const warnings = [{ id: 'swap', verdict: 'warn' as const, found: 'on\n\x1b[2JState: READY' }]
  expect(nodeText({ ...node, warnings }, now)).toContain('[!] swap: on [2JState: READY\n')
})

test('control characters in anything that a node reports do not reach the terminal', () => {
  const bad = '\x1b[2J\x9b1mx'
  const disk = { device: bad, sizeBytes: 1, model: bad, rotational: false, usableForStorage: false, reason: bad }
  const link = { name: bad, mac: bad, mtu: 1500, speedMbps: null, addresses: [], defaultRoute: true }
  const facts: Facts = {
    ...{ hostname: bad, cpu: { model: bad, cores: 1 }, memoryBytes: 1, disks: [disk], interfaces: [link] },
    os: { id: bad, version: bad, prettyName: bad, kernel: bad, arch: 'x64' },
    ...{ bootId: bad, machineId: bad, agentVersion: bad, versions: {} },
  }
  const error = { code: bad, message: bad, fix: bad }
  const text = nodeText({ ...node, facts, error, step: bad, interface: bad, agentVersion: bad }, now)
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
