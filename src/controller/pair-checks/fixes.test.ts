import { expect, test } from 'vitest'
import { nodeOf } from '../../../test/support/pair-checks/nodes.ts'
import type { Firewall } from '../../protocol/wire/pair-check.ts'
import { allowInput, allowOutput } from './fixes.ts'

const [a, b] = [nodeOf('a', ['master']), nodeOf('b', ['worker'])]
const many = ['c', 'd', 'e', 'f', 'g'].map((name) => nodeOf(name, []))
const six = { ...nodeOf('v', []), address: 'fd00::2' }
const wall = (kind: Firewall['kind'], ...input: string[]): Firewall => ({ kind, input, output: [] })

test.each([
  [wall('firewalld'), [b], 'firewall-cmd --permanent --add-port=6443/tcp && firewall-cmd --reload'],
  [
    wall('ufw'),
    [b, ...many.slice(0, 1)],
    'ufw allow proto tcp from 10.0.0.98 to any port 6443 && ufw allow proto tcp from 10.0.0.99 to any port 6443',
  ],
  [wall('ufw'), many, 'ufw allow proto tcp from any to any port 6443'],
  [
    wall('nftables', 'inet filter input', 'ip filter INPUT'),
    [b],
    'nft insert rule inet filter input ip saddr 10.0.0.98 tcp dport 6443 accept && iptables -I INPUT -p tcp --source 10.0.0.98 --dport 6443 -j ACCEPT  # and add the same rules where these rules are configured, to make them persistent',
  ],
  [
    wall('nftables', 'inet filter input'),
    [b, ...many.slice(0, 1)],
    "nft insert rule inet filter input ip saddr '{ 10.0.0.98, 10.0.0.99 }' tcp dport 6443 accept  # and add the same rules where these rules are configured, to make them persistent",
  ],
  [
    wall('nftables', 'ip filter INPUT', 'ip6 filter INPUT'),
    [b, ...many.slice(0, 1)],
    'iptables -I INPUT -p tcp --source 10.0.0.98,10.0.0.99 --dport 6443 -j ACCEPT  # and add the same rules where these rules are configured, to make them persistent',
  ],
  [
    wall('nftables', 'ip filter INPUT', 'inet filter input'),
    many,
    'iptables -I INPUT -p tcp --dport 6443 -j ACCEPT && nft insert rule inet filter input tcp dport 6443 accept  # and add the same rules where these rules are configured, to make them persistent',
  ],
])('allows a port with %j', (firewall, from, fix) => {
  expect(allowInput(firewall, a, from, '6443/tcp')).toEqual({ fix, on: 'a' })
})

test('allows a port of an IPv6 address in the chains of its family', () => {
  const firewall = wall('nftables', 'inet filter input', 'ip filter INPUT', 'ip6 filter INPUT')
  expect(allowInput(firewall, { ...a, address: 'fd00::1' }, [six], '6443/tcp').fix).toBe(
    'nft insert rule inet filter input ip6 saddr fd00::2 tcp dport 6443 accept && ip6tables -I INPUT -p tcp --source fd00::2 --dport 6443 -j ACCEPT  # and add the same rules where these rules are configured, to make them persistent',
  )
})

test.each([undefined, wall('none'), wall('nftables')])(
  'with %j the network between them has to be checked',
  (firewall) => {
    const { fix, on } = allowInput(firewall, a, [b], '6443/tcp')
    expect(on).toBeNull()
    expect(fix).toMatch(/^allow 6443\/tcp from b to a \(10\.0\.0\.97\): no packet filter was found on a;/)
  },
)

const output = (kind: Firewall['kind'], ...chains: string[]): Firewall => ({ kind, input: [], output: chains })

test.each([
  [output('ufw', 'ip filter OUTPUT', 'ip6 filter OUTPUT'), a, 'ufw allow out proto udp to 10.0.0.97 port 8472'],
  [
    output('nftables', 'inet x out'),
    a,
    'nft insert rule inet x out ip daddr 10.0.0.97 udp dport 8472 accept  # and add the same rules where these rules are configured, to make them persistent',
  ],
  [
    output('nftables', 'ip filter OUTPUT', 'ip6 filter OUTPUT'),
    a,
    'iptables -I OUTPUT -p udp --destination 10.0.0.97 --dport 8472 -j ACCEPT  # and add the same rules where these rules are configured, to make them persistent',
  ],
  [
    output('nftables', 'ip filter OUTPUT', 'ip6 filter OUTPUT'),
    six,
    'ip6tables -I OUTPUT -p udp --destination fd00::2 --dport 8472 -j ACCEPT  # and add the same rules where these rules are configured, to make them persistent',
  ],
  [
    undefined,
    a,
    'iptables -I OUTPUT -p udp --destination 10.0.0.97 --dport 8472 -j ACCEPT  # and add the same rules where these rules are configured, to make them persistent',
  ],
])('allows output with %j', (firewall, to, fix) => {
  expect(allowOutput(firewall, b, to, '8472/udp')).toEqual({ fix, on: 'b' })
})
