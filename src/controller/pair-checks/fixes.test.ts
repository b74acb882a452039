import { expect, test } from 'vitest'
import { nodeOf } from '../../../test/support/pair-checks/nodes.ts'
import type { Firewall } from '../../protocol/pair-check.ts'
import { letIn, letOut } from './fixes.ts'

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
    'nft insert rule inet filter input ip saddr 10.0.0.98 tcp dport 6443 accept && nft insert rule ip filter INPUT ip saddr 10.0.0.98 tcp dport 6443 accept  # and in /etc/nftables.conf, to stay',
  ],
  [
    wall('nftables', 'inet filter input'),
    [b, ...many.slice(0, 1)],
    "nft insert rule inet filter input ip saddr '{ 10.0.0.98, 10.0.0.99 }' tcp dport 6443 accept  # and in /etc/nftables.conf, to stay",
  ],
  [
    wall('nftables', 'inet filter input'),
    [six],
    'nft insert rule inet filter input ip6 saddr fd00::2 tcp dport 6443 accept  # and in /etc/nftables.conf, to stay',
  ],
])('lets a port in by %j', (firewall, from, fix) => {
  expect(letIn(firewall, a, from, '6443/tcp')).toEqual({ fix, on: 'a' })
})

test.each([undefined, wall('none'), wall('nftables')])('with %j it is the network between them', (firewall) => {
  const { fix, on } = letIn(firewall, a, [b], '6443/tcp')
  expect(on).toBeNull()
  expect(fix).toMatch(/^let 6443\/tcp through from b to a \(10\.0\.0\.97\): nothing that filters was found on a;/)
})

test('lets a node send, by nftables or else iptables', () => {
  expect(letOut({ kind: 'nftables', input: [], output: ['inet x out'] }, b, a, '8472/udp')).toEqual({
    fix: 'nft insert rule inet x out ip daddr 10.0.0.97 udp dport 8472 accept  # and in /etc/nftables.conf, to stay',
    on: 'b',
  })
  expect(letOut(undefined, b, a, '8472/udp').fix).toBe('iptables -I OUTPUT -p udp -d 10.0.0.97 --dport 8472 -j ACCEPT')
})
