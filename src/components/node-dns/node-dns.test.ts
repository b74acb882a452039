import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import { nodeDns } from './component.ts'
import { corefile } from './templates.ts'

const MASTERS = ['10.0.0.5', '10.0.0.6', '10.0.0.7'].map((address, index) => ({ name: `m${index + 1}`, address }))
/** The answer of a server with one record. */
const ANSWER = Buffer.from([0x63, 0x74, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
const NO_SUCH_NAME = Buffer.from([0x63, 0x74, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0])
const RESOLV_CONF = 'search example.com\nnameserver 192.0.2.53\n'

function node(endpoint = 'api.demo.cantrip.internal:6443'): FakeKubernetes {
  const fake = fakeKubernetes({ endpoint, masters: MASTERS })
  fake.host.files.seed('/usr/local/bin/cantrip-agent', 'the executable')
  fake.host.files.seed('/etc/resolv.conf', RESOLV_CONF)
  fake.host.network.onExchange('10.0.0.5:53', (packet) => {
    const isUp = fake.host.units.get('cantrip-node-dns.service')?.active
    if (!isUp) throw new Error('ECONNREFUSED')
    expect(Buffer.from(packet).toString('latin1')).toContain('\x03api\x04demo\x07cantrip\x08internal\x00')
    return { reply: ANSWER, sentAtMs: 0, receivedAtMs: 1 }
  })
  return fake
}

test('not needed with one master or with a load balancer', () => {
  for (const endpoint of ['10.0.0.5:6443', '[fd00::5]:6443', 'lb.example.com:443']) {
    expect(nodeDns.steps(node(endpoint).params)).toEqual([])
  }
})

test('answers for the API, forwards the rest, and then becomes the first name server', async () => {
  const fake = node()
  await runComponent(nodeDns, fake)
  const { host } = fake
  expect(host.text('/etc/cantrip-node-dns/Corefile')).toContain('forward . 192.0.2.53 {\n')
  expect(JSON.parse(host.text('/etc/cantrip-node-dns/api-watch.json'))).toMatchObject({
    name: 'api.demo.cantrip.internal',
    port: 6443,
    masters: ['10.0.0.5', '10.0.0.6', '10.0.0.7'],
  })
  expect(host.text('/etc/resolv.conf')).toBe('search example.com\nnameserver 10.0.0.5\nnameserver 192.0.2.53\n')
  expect(await runComponent(nodeDns, fake)).toEqual([])
})

test('does not become the first name server while it does not answer', async () => {
  const fake = node()
  fake.host.network.onExchange('10.0.0.5:53', { reply: NO_SUCH_NAME, sentAtMs: 0, receivedAtMs: 1 })
  await expect(runComponent(nodeDns, fake)).rejects.toMatchObject({ code: 'node-dns/no-answer' })
  expect(fake.host.text('/etc/resolv.conf')).toBe(RESOLV_CONF)
})

test('another process answers while the node DNS is exchanged', async () => {
  const fake = node()
  const { host } = fake
  await runComponent(nodeDns, fake)
  host.clock.nowMs += 60_000
  host.files.seed('/etc/cantrip-node-dns/Corefile', 'of an earlier version')
  let own = 1
  let others = 0
  let startedAt = 1
  host.on(['systemctl', 'show', 'cantrip-node-dns.service'], () => ({
    stdout: `ActiveState=active\nNeedDaemonReload=no\nExecMainStartTimestampMonotonic=${startedAt}\n`,
  }))
  const least: number[] = []
  const show = () => {
    least.push(own + others)
    const row = (at: number) => ` ${at}: 0500000A:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000\n`
    host.files.seed('/proc/net/udp', Array.from({ length: own + others }, (_, at) => row(at)).join(''))
  }
  show()
  host.on(['systemd-run'], () => {
    others = 1
    show()
    return {}
  })
  const { restartUnit } = host.machine
  host.machine.restartUnit = async (unit) => {
    own = unit === 'cantrip-node-dns.service' ? 0 : own
    show()
    await restartUnit(unit)
    own = 1
    startedAt = 1e12
    show()
  }
  host.on(['systemctl', 'stop', 'cantrip-node-dns-stand-in.service'], () => {
    others = 0
    show()
    return {}
  })
  expect(await runComponent(nodeDns, fake)).toContain('node-dns/start-services')
  expect(Math.min(...least)).toBe(1)
  expect(host.calls.some((argv) => argv[0] === 'systemd-run')).toBe(true)
  expect(others).toBe(0)
})

test('undo removes only the added line from a file that DHCP changed', async () => {
  const fake = node()
  await runComponent(nodeDns, fake)
  const { host } = fake
  host.files.seed('/etc/resolv.conf', 'search new.example\nnameserver 10.0.0.5\nnameserver 192.0.2.77\n')
  const undos = host.changes
    .map(({ undo }) => undo)
    .filter((undo) => 'path' in undo && undo.path === '/etc/resolv.conf')
  for (const undo of undos.toReversed()) await carryOut(undo, host.machine)
  expect(host.text('/etc/resolv.conf')).toBe('search new.example\nnameserver 192.0.2.77\n')
})

test('undo order: the resolver, then the services, then their files', async () => {
  const fake = node()
  await runComponent(nodeDns, fake)
  const undos = fake.host.changes.map(({ undo }) => undo).toReversed()
  const order = [
    undos.findIndex((undo) => undo.kind === 'restore-file' && undo.path === '/etc/resolv.conf'),
    undos.findIndex((undo) => undo.kind === 'unit' && undo.unit === 'cantrip-node-dns.service'),
    undos.findIndex((undo) => undo.kind === 'remove-path' && undo.path === '/etc/cantrip-node-dns/Corefile'),
    undos.findIndex((undo) => undo.kind === 'remove-path' && undo.path === '/usr/local/bin/coredns'),
  ]
  expect(order.every((at) => at >= 0)).toBe(true)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('without other name servers nothing is forwarded', () => {
  const text = corefile({ address: '10.0.0.5', apiName: 'api.demo.cantrip.internal', upstreams: [] })
  expect(text).not.toContain('forward')
})
