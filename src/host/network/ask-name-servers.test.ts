import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { dnsReply } from '../../../test/support/fixtures/dns.ts'
import { NetworkError } from '../network.ts'
import { askNameServers } from './ask-name-servers.ts'

function machine(resolvConf: string) {
  return fakeHost({ files: { '/etc/resolv.conf': resolvConf } })
}

const isForA = (query: Uint8Array) => query.at(-3) === 1
const nameIn = (query: Uint8Array) => Buffer.from(query.subarray(12, -5)).toString('latin1')

test('each server with its answer and how long it took', async () => {
  const host = machine('nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 2001:db8::3\nnameserver 192.0.2.4\n')
  host.network.onExchange('192.0.2.1:53', (query) =>
    dnsReply(query, {
      records: [isForA(query) ? Buffer.from([10, 0, 2, 7]) : Buffer.from('20010db8'.padEnd(32, '0'), 'hex')],
    }),
  )
  host.network.onExchange('192.0.2.2:53', new NetworkError('tcp', '192.0.2.2:53 (UDP): connection refused'))
  host.network.onExchange('2001:db8::3:53', (query) => dnsReply(query, { code: 2, tookMs: 1_200 }))
  expect(await askNameServers(host, 'controller.example.com')).toBe(
    '192.0.2.1: 10.0.2.7, 2001:db8:: (3 ms); 192.0.2.2: connection refused; 2001:db8::3: server failure (SERVFAIL) (1200 ms)',
  )
})

test('a name without a dot is resolved in the first search domain, as the resolver does', async () => {
  const host = machine('search . example.com\nnameserver 192.0.2.1\n')
  const names: string[] = []
  host.network.onExchange('192.0.2.1:53', (query) => {
    names.push(nameIn(query))
    return dnsReply(query, {})
  })
  expect(await askNameServers(host, 'node-1')).toBe('192.0.2.1: no address for this name (3 ms)')
  expect(names).toEqual(['\x06node-1\x07example\x03com', '\x06node-1\x07example\x03com'])
})

test('no server, no valid name, and a reply to another query', async () => {
  expect(await askNameServers(fakeHost(), 'node-1')).toBe('no name server in /etc/resolv.conf')
  const host = machine('nameserver 192.0.2.1\n')
  host.network.onExchange('192.0.2.1:53', (query) => dnsReply(Buffer.from(query).fill(9, 0, 2), {}))
  expect(await askNameServers(host, 'a..b')).toBe('192.0.2.1: not a valid DNS name')
  expect(await askNameServers(host, 'a.b')).toBe('192.0.2.1: the reply does not match the query (3 ms)')
})
