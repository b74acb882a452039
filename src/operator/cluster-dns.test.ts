import { createSocket } from 'node:dgram'
import { expect, test } from 'vitest'
import { clusterDomain, dnsAnswers } from './cluster-dns.ts'

const POD =
  'search cantrip-system.svc.corp.example svc.corp.example corp.example\nnameserver 10.96.0.10\noptions ndots:5\n'

test.each([
  ['a pod', POD, 'corp.example'],
  ['a machine', 'search corp.example\nnameserver 1.1.1.1\n', undefined],
  ['nothing', '', undefined],
])("the cluster's domain in the resolv.conf of %s", (_, text, domain) => {
  expect(clusterDomain(text)).toBe(domain)
})

test('outside a cluster no server is queried', async () => {
  expect(await dnsAnswers('nameserver 127.0.0.1\n')).toBe(false)
})

test('a missing name server does not answer', async () => {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  expect(await dnsAnswers(`search svc.cluster.local\nnameserver 127.0.0.1:${port}\n`)).toBe(false)
})

test('an address for the API counts as an answer', async () => {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, 12)
    asked.push(query.subarray(12, end).toString('latin1').replaceAll(/[^\w]/g, '.'))
    const isA = query.readUInt16BE(end + 1) === 1
    const head = Buffer.from(query.subarray(0, end + 5))
    head.writeUInt16BE(0x8180, 2)
    head.writeUInt16BE(isA ? 1 : 0, 6)
    head.fill(0, 8, 12)
    const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 96, 0, 1])
    socket.send(isA ? Buffer.concat([head, answer]) : head, from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  expect(await dnsAnswers(`search x.svc.c.local svc.c.local\nnameserver 127.0.0.1:${port}\n`)).toBe(true)
  expect(asked[0]).toContain('kubernetes.default.svc.c.local')
  socket.close()
})
