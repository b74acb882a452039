import { expect, test } from 'vitest'
import { parseServer, serverOf } from './server.ts'

const masters = [
  { name: 'm1', address: '10.0.0.1' },
  { name: 'm2', address: 'fd00::2' },
]
const named = { endpoint: 'api.demo.cantrip.internal:6443', masters }
const resolves = async () => true
const unknown = async () => false

test('the endpoint of the cluster; with a name that is unknown here, a master', async () => {
  expect(await serverOf({ endpoint: '10.0.0.1:6443', masters }, undefined, resolves)).toEqual({
    url: 'https://10.0.0.1:6443',
  })
  expect(await serverOf(named, undefined, resolves)).toEqual({ url: 'https://api.demo.cantrip.internal:6443' })
  expect(await serverOf(named, undefined, unknown)).toEqual({
    url: 'https://10.0.0.1:6443',
    note: expect.stringMatching(/cannot resolve api\.demo\.cantrip\.internal, .* master m1/),
  })
})

test.each([
  ['https://api.demo.cantrip.internal:6443', { url: 'https://api.demo.cantrip.internal:6443' }],
  ['10.0.0.1:6443', { url: 'https://10.0.0.1:6443' }],
  ['https://[fd00::2]:6443/', { url: 'https://[fd00::2]:6443' }],
  ['https://lb.example.org', { url: 'https://lb.example.org', tlsServerName: 'api.demo.cantrip.internal' }],
  ['localhost:7443', { url: 'https://localhost:7443', tlsServerName: 'api.demo.cantrip.internal' }],
])('%s is used as given, with the name that the certificate has', async (given, server) => {
  expect(await serverOf(named, parseServer(given), unknown)).toEqual(server)
})

test.each(['http://a:6443', 'https://', 'https://a:b@c', 'https://a?x=1', 'a b'])('%s is refused', (given) => {
  expect(() => parseServer(given)).toThrow(expect.objectContaining({ code: 'server/invalid' }))
})
