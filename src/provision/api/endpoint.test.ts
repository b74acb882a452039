import { expect, test } from 'vitest'
import { hostPort } from '../../base/net/address.ts'
import { apiServiceAddress, splitHostPort } from './endpoint.ts'

test.each([
  ['10.96.0.0/12', '10.96.0.1'],
  ['192.168.5.128/25', '192.168.5.129'],
  ['fd00:43::/112', 'fd00:43::1'],
])('the first address of %s is %s', (subnet, address) => {
  expect(apiServiceAddress(subnet)).toBe(address)
})

test.each([
  ['api.example.org', '443', 'api.example.org:443'],
  ['fd00::5', '6443', '[fd00::5]:6443'],
])('%s and %s make %s, and back', (host, port, endpoint) => {
  expect(hostPort(host, Number(port))).toBe(endpoint)
  expect(splitHostPort(endpoint)).toEqual({ host, port })
})
