import { expect, it } from 'vitest'
import { admitSubnets, isInSubnet } from './subnets.ts'

const REFUSED = { code: 'unsupported', exitCode: 7 }
const bad = (code: string, found = '') => ({ code, message: expect.stringContaining(found), exitCode: 2 })

it.each([
  ['10.244.0.0/16', '10.96.0.0/12', undefined],
  ['192.168.0.0/17', '192.168.128.0/24', undefined],
  ['10.96.0.0/16', '10.96.0.0/12', bad('subnet/overlap')],
  ['10.0.0.0/8', '10.96.0.0/12', bad('subnet/overlap')],
  ['10.244.0.0/33', '10.96.0.0/12', bad('subnet/invalid')],
  ['10.244.0/16', '10.96.0.0/12', bad('subnet/invalid')],
  ['10.244.0.0/30', '10.96.0.0/12', bad('subnet/invalid')],
  // Kubernetes takes them for the ranges that they lie in; whoever gave them means others.
  ['10.244.0.0/16', '10.100.0.0/12', bad('subnet/unaligned', 'service subnet 10.100.0.0/12; wanted 10.96.0.0/12')],
  ['10.244.0.0/16', '192.168.100.0/20', bad('subnet/unaligned', 'wanted 192.168.96.0/20')],
  ['10.244.7.0/16', '10.96.0.0/12', bad('subnet/unaligned', 'pod subnet 10.244.7.0/16; wanted 10.244.0.0/16')],
  ['240.1.0.0/10', '10.96.0.0/12', bad('subnet/unaligned', 'wanted 240.0.0.0/10')],
  ['10.244.0.0/016', '10.96.0.0/12', bad('subnet/unaligned', 'wanted 10.244.0.0/16')],
  // kubeadm: a node has a /24 of at most 65536, and services 20 bits.
  ['8.0.0.0/7', '10.96.0.0/12', bad('subnet/invalid', 'from /8 to /24')],
  ['10.244.0.0/16', '172.0.0.0/11', bad('subnet/invalid', 'from /12 to /24')],
  ['fd00:1::/64', 'fd00:2::/112', REFUSED],
  ['10.244.0.0/16', 'fd00::/112', REFUSED],
  ['fd00:1::/64', '10.96.0.0/12', REFUSED],
])('pods %s and services %s', (podSubnet, serviceSubnet, refusal) => {
  const admit = () => admitSubnets({ podSubnet, serviceSubnet })
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
