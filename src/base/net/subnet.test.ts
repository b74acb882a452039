import { expect, test } from 'vitest'
import { addressBytes } from './address.ts'
import { aligned, nthAddress, overlaps, parseSubnet, type Subnet, showSubnet } from './subnet.ts'

const subnet = (text: string): Subnet => parseSubnet(text) ?? expect.fail(`${text} is no subnet`)

test.each([
  ['10.1.2.3', '0a010203'],
  ['::1', '00000000000000000000000000000001'],
  ['fd00:1::ffff:10.0.0.1', 'fd00000100000000' + '0000ffff0a000001'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
])('writes %s as bytes', (address, hex) => {
  expect(addressBytes(address).toString('hex')).toBe(hex)
})

test.each([
  ['10.100.0.0/12', '10.96.0.0/12'],
  ['192.168.100.7/20', '192.168.96.0/20'],
  ['240.1.0.0/10', '240.0.0.0/10'],
  ['10.0.0.5/32', '10.0.0.5/32'],
  ['10.1.2.3/0', '0.0.0.0/0'],
  ['fd00:1:2:3::7/48', 'fd00:1:2::/48'],
  ['fd00::ff/121', 'fd00::80/121'],
])('%s is the range %s', (given, wanted) => {
  expect(showSubnet(aligned(subnet(given)))).toBe(wanted)
})

test.each([
  ['10.96.0.0/12', 1, '10.96.0.1'],
  ['192.168.5.128/25', 1, '192.168.5.129'],
  ['10.0.0.0/8', 256, '10.0.1.0'],
  ['10.0.255.250/8', 65_536 + 3, '10.1.0.3'],
  ['fd00:43::/112', 1, 'fd00:43::1'],
  ['fd00::/64', 65_536, 'fd00::1:0'],
])('of %s the address number %i is %s', (range, number, wanted) => {
  expect(nthAddress(subnet(range), number)).toBe(wanted)
})

test.each([
  ['10.0.0.0/8', '10.96.0.0/12', true],
  ['10.96.0.0/12', '10.0.0.0/8', true],
  ['10.96.0.0/12', '10.112.0.0/12', false],
  ['10.96.0.0/12', 'fd00::/8', false],
])('%s overlaps %s: %s', (one, other, wanted) => {
  expect(overlaps(subnet(one), subnet(other))).toBe(wanted)
})
