import { describe, expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { dnsReply } from '../../../test/support/fixtures/dns.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import { NetworkError, type Response } from '../../host/network.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
function machine(hostname: string) {
  const { files, links } = procFiles([])
  const host = fakeHost({ files: { ...files, '/etc/resolv.conf': 'nameserver 192.0.2.53\n' }, links, hostname })
  host.network.onExchange('192.0.2.53:53', (query) => dnsReply(query, { code: 3 }))
  return host
}
const SAID = '(192.0.2.53: no such name (3 ms))'

test.each([['10.0.2.10'], ['127.0.1.1'], ['127.0.0.1'], ['::1'], ['192.168.122.1'], ['fe80::5054:ff:fe12:3456']])(
  'a name that resolves to %s, an address of this machine, passes',
  async (address) => {
    const host = machine('node-1')
    host.network.onResolve('node-1', [address])
    expect(await check.look(host, params)).toEqual({ kind: 'pass', found: `node-1 resolves to ${address}` })
  },
)

test('a name with a domain passes', async () => {
  const host = machine('node-1.example.com')
  host.network.onResolve('node-1.example.com', ['10.0.2.10'])
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
})

test.each([
  ['Node_1', 'has an underscore', '--hostname node-1'],
  ['NODE1', 'has capital letters', '--hostname node1'],
  ['localhost', 'is not unique', '--hostname node-1'],
  ['localhost.localdomain', 'is not unique', '--hostname node-1'],
  ['(none)', 'is not set', '--hostname none'],
  ['-node', 'is not a valid RFC 1123 name', '--hostname node'],
  ['node-', 'is not a valid RFC 1123 name', '--hostname node'],
  ['a..b', 'is not a valid RFC 1123 name', '--hostname node-1'],
  ['büro', 'is not a valid RFC 1123 name', '--hostname b-ro'],
  ['n'.repeat(64), 'has 64 characters', `--hostname ${'n'.repeat(63)}`],
])('%s is refused: %s', async (name, wrong, fix) => {
  expect(await check.look(machine(name), params)).toMatchObject({
    kind: 'fail',
    found: `"${name}" ${wrong}`,
    fix: expect.stringContaining(fix),
  })
})

test('a name that does not resolve', async () => {
  expect(await check.look(machine('node-1'), params)).toMatchObject({
    kind: 'fail',
    found: `node-1 does not resolve ${SAID}`,
    fix: "echo '10.0.2.10 node-1' >> /etc/hosts",
  })
})

test('a name of another machine', async () => {
  const host = machine('node-1')
  host.network.onResolve('node-1', ['203.0.113.9'])
  const found = expect.stringContaining('resolves to 203.0.113.9, which is not this machine')
  expect(await check.look(host, params)).toMatchObject({ kind: 'fail', found })
})

test('a slow lookup is a warning with its duration', async () => {
  const host = machine('node-1')
  host.network.onResolve('node-1', () => {
    host.clock.nowMs += 10_000
    throw new NetworkError('resolve', 'EAI_AGAIN')
  })
  expect(await check.look(host, params)).toMatchObject({
    kind: 'warn',
    found: `no answer for node-1 after 10.0 s ${SAID}`,
  })
  host.network.onResolve('node-1', () => {
    host.clock.nowMs += 5_000
    return ['10.0.2.10']
  })
  const found = `node-1 resolves to 10.0.2.10, after 5.0 s ${SAID}`
  expect(await check.look(host, params)).toMatchObject({ kind: 'warn', found })
})

test('the name to set counts, not the current one', async () => {
  const host = machine('localhost')
  expect(await check.look(host, { ...params, hostname: 'node-7' })).toMatchObject({ kind: 'pass' })
  expect(await check.look(host, { ...params, hostname: 'Node_7' })).toMatchObject({ kind: 'fail' })
})

describe('with a controller', () => {
  const controller = { urls: ['https://a:8443', 'https://b:8443'], ca: 'CA', cert: 'CERT', key: 'KEY' }
  function named(answer: Partial<Response>) {
    const host = machine('node-1')
    host.files.seed('/etc/machine-id', 'abc\n')
    host.network.onResolve('node-1', ['10.0.2.10'])
    host.network.onRequest('https://b:8443/v1/names/node-1?machine=abc', answer)
    return host
  }

  test('a name of another connected node fails, including a name to set', async () => {
    const host = named({ body: '{"takenBy":"node-1 (n-abc)"}' })
    const found = 'node-1 is already the name of another node of the cluster: node-1 (n-abc)'
    expect(await check.look(host, { ...params, controller })).toMatchObject({ kind: 'fail', found })
    expect(await check.look(host, { ...params, controller, hostname: 'node-1' })).toMatchObject({ kind: 'fail', found })
  })

  test.each<[string, Partial<Response>]>([
    ['free', { body: '{"takenBy":null}' }],
    ['unknown to an older controller', { status: 404, body: '{"code":"not-found"}' }],
  ])('a name that is %s passes', async (_, answer) => {
    expect(await check.look(named(answer), { ...params, controller })).toMatchObject({ kind: 'pass' })
  })
})
