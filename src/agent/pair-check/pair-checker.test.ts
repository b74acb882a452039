import { generateKeyPairSync, sign } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { ProbeNetwork } from '../../host/probe-network.ts'
import type { PairCheckOrder, PairCheckUp } from '../../protocol/wire/pair-check.ts'
import { pairChecker } from './pair-checker.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const node = 'n-abcdefghij'
const peer = { node: 'n-bbbbbbbbbb', address: '10.0.0.2' }

function signed(more: Partial<PairCheckOrder> = {}) {
  const order: PairCheckOrder = {
    ...{ order: 'pair-check', check: 'p-aaaaaaaaaa', node, expiresAt: '2026-01-01T01:00:00.000Z' },
    ...{ closeAfterMs: 60_000, address: '10.0.0.1', listen: true, ports: ['6443/tcp', '8472/udp'] },
    ...{ peers: [peer], rounds: [[{ ...peer, ports: ['10250/tcp'] }]] },
    ...more,
  }
  const payload = JSON.stringify(order)
  return { say: 'order' as const, payload, signature: sign(null, Buffer.from(payload), privateKey).toString('base64') }
}

/** Ports that are open, by `ADDRESS:PORT/PROTOCOL`. */
const open = new Set<string>()
const sent: PairCheckUp[] = []

function listens(address: string, port: number, protocol: string) {
  const name = `${address}:${port}/${protocol}`
  open.add(name)
  return { close: () => void open.delete(name) }
}
const network: ProbeNetwork = {
  mtuOf: () => 1_500,
  setsDontFragment: () => true,
  acceptTcp: async (address, port) => listens(address, port, 'tcp'),
  connectTcp: async () => ({ reach: 'open', ms: 2 }),
  receiveUdp: async (address, port) => listens(address, port, 'udp'),
  openUdp: () => new Promise(() => undefined),
}
const PROC = { '/proc/net/tcp': '', '/proc/net/tcp6': '', '/proc/net/udp': '', '/proc/net/udp6': '' }

function checker(files: Record<string, string> = PROC, isBusy = false) {
  return pairChecker({
    network,
    view: fakeHost({ files }),
    instructionKeys: () => [publicKey],
    nodeId: node,
    isBusy: () => isBusy,
    send: (body) => void sent.push(body),
    log: () => undefined,
    now: () => new Date('2026-01-01T00:00:00Z'),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        setTimeout(resolve, ms)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  })
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  sent.length = 0
  open.clear()
})
const aMoment = () => vi.advanceTimersByTimeAsync(10)
const sentKinds = () => sent.map(({ say }) => say)
const BOTH = ['10.0.0.1:6443/tcp', '10.0.0.1:8472/udp']

test('listens, dials on request, reports what it received, and closes', async () => {
  const { handle } = checker()
  handle(signed())
  await aMoment()
  expect([...open].sort()).toEqual(BOTH)
  expect(sent[0]).toMatchObject({ say: 'listening', ports: [{ state: 'open' }, { state: 'open' }] })
  handle({ say: 'go', check: 'p-aaaaaaaaaa', round: 0, withoutUdp: [] })
  await aMoment()
  const timing = { roundTrips: 1, lost: 0, medianMs: 2, p99Ms: 2 }
  expect(sent[1]).toMatchObject({ round: 0, peers: [{ node: peer.node, ports: [{ reach: 'open' }], timing }] })
  handle({ say: 'end', check: 'p-aaaaaaaaaa' })
  await aMoment()
  expect([sentKinds(), open.size]).toEqual([['listening', 'dialled', 'heard'], 0])
})

test('closes at the deadline if the controller sends nothing more', async () => {
  checker().handle(signed({ closeAfterMs: 5_000 }))
  await vi.advanceTimersByTimeAsync(4_900)
  expect(open.size).toBe(2)
  await vi.advanceTimersByTimeAsync(200)
  expect(open.size).toBe(0)
})

test('closes when stopped, also while dialling, and sends nothing more', async () => {
  const { handle, stop } = checker()
  handle(signed({ rounds: [[{ ...peer, ports: ['8472/udp'] }]] }))
  await aMoment()
  handle({ say: 'go', check: 'p-aaaaaaaaaa', round: 0, withoutUdp: [] })
  await aMoment()
  await stop()
  await vi.advanceTimersByTimeAsync(100_000)
  expect([sentKinds(), open.size]).toEqual([['listening'], 0])
})

test('a newer check replaces the one before, whose messages are then ignored', async () => {
  const { handle } = checker()
  handle(signed())
  await aMoment()
  handle(signed({ check: 'p-bbbbbbbbbb', ports: ['2379/tcp'] }))
  await aMoment()
  expect([...open]).toEqual(['10.0.0.1:2379/tcp'])
  handle({ say: 'end', check: 'p-aaaaaaaaaa' })
  handle({ say: 'go', check: 'p-aaaaaaaaaa', round: 0, withoutUdp: [] })
  await aMoment()
  expect([sentKinds(), open.size]).toEqual([['listening', 'listening'], 1])
})

test('without UDP if the peer does not listen for it', async () => {
  const { handle } = checker()
  handle(signed({ rounds: [[{ ...peer, ports: ['10250/tcp', '8472/udp'] }]] }))
  await aMoment()
  handle({ say: 'go', check: 'p-aaaaaaaaaa', round: 0, withoutUdp: [peer.node] })
  await aMoment()
  expect(sent[1]).toMatchObject({ peers: [{ ports: [{ port: '10250/tcp' }] }] })
})

test('on a node with Kubernetes it opens nothing, and reports open ports', async () => {
  const kubelet = '  0: 00000000:280A 00000000:0000 0A 0:0 0:0 0 0 0 4711 1 x\n'
  checker({ ...PROC, '/proc/net/tcp': kubelet }).handle(signed({ listen: false, ports: ['10250/tcp', '6443/tcp'] }))
  await aMoment()
  expect(sent[0]).toMatchObject({
    ports: [
      { port: '10250/tcp', state: 'held' },
      { port: '6443/tcp', state: 'closed' },
    ],
  })
  expect(open.size).toBe(0)
})

test.each([
  ['during a run', true, signed(), 'pair-check/busy'],
  ['without /proc', false, signed({ listen: false }), 'proc/not-mounted'],
])('refuses with the reason %s', async (_, isBusy, order, code) => {
  const { handle, stop } = checker({}, isBusy)
  handle(order)
  await aMoment()
  expect(sent).toMatchObject([{ say: 'refused', check: 'p-aaaaaaaaaa', error: { code } }])
  await stop()
  expect(open.size).toBe(0)
})
