import { expect, it } from 'vitest'
import { admitNodes, admitSubnets, isInSubnet } from './subnets.ts'

const REFUSED = { code: 'unsupported', kind: 'refused' }
const bad = (code: string, found = '') => ({ code, message: expect.stringContaining(found), kind: 'invalid' })

it.each([
  ['10.244.0.0/16', '10.96.0.0/12', undefined],
  ['192.168.0.0/17', '192.168.128.0/24', undefined],
  ['10.96.0.0/16', '10.96.0.0/12', bad('subnet/overlap')],
  ['10.0.0.0/8', '10.96.0.0/12', bad('subnet/overlap')],
  ['10.244.0.0/33', '10.96.0.0/12', bad('subnet/invalid')],
  ['10.244.0/16', '10.96.0.0/12', bad('subnet/invalid')],
  ['10.244.0.0/30', '10.96.0.0/12', bad('subnet/invalid')],
  // Kubernetes would use the range that contains the address, which is probably not what was meant.
  ['10.244.0.0/16', '10.100.0.0/12', bad('subnet/unaligned', 'service subnet 10.100.0.0/12; wanted 10.96.0.0/12')],
  ['10.244.0.0/16', '192.168.100.0/20', bad('subnet/unaligned', 'wanted 192.168.96.0/20')],
  ['10.244.7.0/16', '10.96.0.0/12', bad('subnet/unaligned', 'pod subnet 10.244.7.0/16; wanted 10.244.0.0/16')],
  ['240.1.0.0/10', '10.96.0.0/12', bad('subnet/unaligned', 'wanted 240.0.0.0/10')],
  ['10.244.0.0/016', '10.96.0.0/12', bad('subnet/unaligned', 'wanted 10.244.0.0/16')],
  // kubeadm: a node has a /24 of at most 65536, and services 20 bits.
  ['8.0.0.0/7', '10.96.0.0/12', bad('subnet/invalid', 'from /8 to /24')],
  ['10.244.0.0/16', '172.0.0.0/11', bad('subnet/invalid', 'from /12 to /24')],
  ['10.244.0.0/23', '10.96.0.0/24', undefined],
  ['10.244.0.0/24', '10.96.0.0/12', bad('subnet/one-node', 'room for one node: each gets a /24')],
  ['10.244.0.0/25', '10.96.0.0/12', bad('subnet/invalid', 'from /8 to /24')],
  ['127.0.0.0/8', '10.96.0.0/12', bad('subnet/reserved', 'loopback')],
  [
    '10.244.0.0/16',
    '127.96.0.0/12',
    bad('subnet/reserved', 'service subnet 127.96.0.0/12, which overlaps 127.0.0.0/8'),
  ],
  ['169.254.0.0/16', '10.96.0.0/12', bad('subnet/reserved', 'link-local')],
  ['10.244.0.0/16', '169.240.0.0/12', bad('subnet/reserved', 'link-local')],
  ['224.0.0.0/8', '10.96.0.0/12', bad('subnet/reserved', 'multicast')],
  ['239.255.0.0/16', '10.96.0.0/12', bad('subnet/reserved', 'multicast')],
  ['0.0.0.0/8', '10.96.0.0/12', bad('subnet/reserved', '0.0.0.0/8')],
  ['10.244.0.0/16', '0.16.0.0/12', bad('subnet/reserved', '0.0.0.0/8')],
  ['250.0.0.0/16', '10.96.0.0/12', bad('subnet/reserved', 'class E')],
  ['10.244.0.0/16', '255.255.255.0/24', bad('subnet/reserved', 'class E')],
  ['100.64.0.0/16', '198.18.0.0/15', undefined],
  ['fd00:1::/64', 'fd00:2::/112', REFUSED],
  ['10.244.0.0/16', 'fd00::/112', REFUSED],
  ['fd00:1::/64', '10.96.0.0/12', REFUSED],
])('pods %s and services %s', (podSubnet, serviceSubnet, refusal) => {
  const admit = () => admitSubnets({ podSubnet, serviceSubnet, overrides: {} })
  if (refusal === undefined) expect(admit).not.toThrow()
  else expect(admit).toThrow(expect.objectContaining(refusal))
})

it.each([
  ['10.100.0.1', '10.96.0.0/12', true],
  ['10.112.0.1', '10.96.0.0/12', false],
  // Of a cluster that an older controller has admitted.
  ['10.97.0.1', '10.100.0.0/12', true],
  ['fd00::7', 'fd00::/112', true],
  ['10.96.0.1', 'fd00::/112', false],
  ['fd00::7', '10.96.0.0/12', false],
  ['eth0', '10.96.0.0/12', false],
])('%s in %s: %s', (address, cidr, isIn) => {
  expect(isInSubnet(address, cidr)).toBe(isIn)
})

const withMask = (mask: number) => ({
  kubeadm: `kind: ClusterConfiguration\ncontrollerManager:\n  extraArgs:\n    - name: node-cidr-mask-size\n      value: "${mask}"\n`,
})

it('a cluster whose nodes get smaller ranges has room for more of them', () => {
  const small = { podSubnet: '10.244.0.0/24', serviceSubnet: '10.96.0.0/24' }
  expect(() => admitSubnets({ ...small, overrides: withMask(26) })).not.toThrow()
  expect(() =>
    admitSubnets({ ...small, overrides: { kubeadm: '{extraArgs: [{name: "node-cidr-mask-size", value: 26}]}' } }),
  ).not.toThrow()
  expect(() => admitSubnets({ ...small, overrides: withMask(24) })).toThrow('room for one node')
})

it('no more nodes than the pod subnet has ranges for', () => {
  const cluster = (podSubnet: string, overrides = {}) =>
    ({ name: 'lab', settings: { podSubnet, overrides } }) as Parameters<typeof admitNodes>[0]
  expect(() => admitNodes(cluster('10.244.0.0/23'), 2)).not.toThrow()
  expect(() => admitNodes(cluster('10.244.0.0/23'), 3)).toThrow(
    'pod subnet 10.244.0.0/23 of cluster lab has room for 2 nodes (each gets a /24); this is node 3',
  )
  expect(() => admitNodes(cluster('10.244.0.0/24', withMask(26)), 4)).not.toThrow()
})
