import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ProbeNetwork, ProbeSocket } from '../../host/probe-network.ts'
import { headerBytes, readPacket, writePacket } from './packet.ts'
import { probeUdp, type UdpProbe } from './probe-udp.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface Path {
  roundTripMs?: number
  /** For the packets with these numbers. */
  delayedMs?: (sent: number) => number
  /** Whether the packet arrives and is answered. */
  carries?: (bytes: number, sent: number) => boolean
  /** Packets that the kernel fragments as too large. */
  fragmentsOver?: number
  trouble?: ReturnType<ProbeSocket['trouble']>
  mtu?: number
}

async function probe(path: Path, signal = new AbortController().signal): Promise<UdpProbe & { isClosed: boolean }> {
  const {
    roundTripMs = 1,
    delayedMs = () => 0,
    carries = () => true,
    fragmentsOver = 9_999,
    trouble,
    mtu = 1_500,
  } = path
  const from = '10.0.0.1'
  let sent = 0
  let isClosed = false
  const network: Pick<ProbeNetwork, 'mtuOf' | 'setsDontFragment' | 'openUdp'> = {
    mtuOf: () => mtu,
    setsDontFragment: () => true,
    openUdp: async (_from, _to, onPacket) => ({
      send(packet) {
        sent += 1
        const bytes = packet.length + headerBytes(from)
        const asked = readPacket(packet)
        const nowMs = Date.now() + roundTripMs / 2
        const reply = asked && writePacket({ ...asked, kind: 'reply', receivedAtMs: nowMs, sentAtMs: nowMs })
        if (reply && carries(bytes, sent)) setTimeout(() => onPacket(reply), roundTripMs + delayedMs(sent))
        return { isWhole: bytes <= fragmentsOver }
      },
      trouble: () => trouble,
      close: () => {
        isClosed = true
      },
    }),
  }
  const time = {
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    sleep: (ms: number, stop: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        setTimeout(resolve, ms)
        stop.addEventListener('abort', () => reject(stop.reason))
      }),
  }
  const to = { address: '10.0.0.2', port: 8_472 }
  const work = probeUdp(network as ProbeNetwork, { check: 'p-abcdefghij', from, to }, time, signal)
  let isOver = false
  void work.then(
    () => (isOver = true),
    () => (isOver = true),
  )
  while (!isOver) await vi.advanceTimersByTimeAsync(1)
  return { ...(await work), isClosed }
}

test('a hundred round trips, and one packet of full size', async () => {
  expect(await probe({})).toEqual({
    reach: 'open',
    timing: { roundTrips: 100, lost: 0, medianMs: 1, p99Ms: 1, offsetMs: expect.closeTo(0, 0) },
    sizes: { mtu: 1_500, dontFragment: true, whole: [1_500], answered: [1_500] },
    isClosed: true,
  })
})

test('a slow path is timed for a limited time, not a hundred times', async () => {
  const { timing } = await probe({ roundTripMs: 100 })
  expect(timing?.roundTrips).toBeLessThan(10)
  expect(timing?.medianMs).toBe(100)
})

test('lost packets are counted, and a size that got lost is sent again', async () => {
  const probed = await probe({ carries: (bytes, sent) => sent % 10 !== 0 && !(bytes === 1_500 && sent === 106) })
  expect(probed.timing?.lost).toBeGreaterThan(0)
  expect(probed.sizes?.answered).toEqual([1_500])
})

test('a late answer does not count as lost', async () => {
  const { timing } = await probe({ delayedMs: (sent) => (sent === 20 ? 210 : 0) })
  expect(timing).toMatchObject({ lost: 0, medianMs: 1 })
})

test('tries common sizes below one that does not arrive', async () => {
  const { sizes } = await probe({ carries: (bytes) => bytes <= 1_400 })
  expect(sizes?.answered).toEqual([1_400, 1_350, 1_280])
})

test('a fragmented packet is not whole, although it arrives', async () => {
  const { sizes } = await probe({ fragmentsOver: 1_400 })
  expect(sizes).toMatchObject({ whole: [1_400, 1_350, 1_280], answered: [1_400, 1_350, 1_280] })
})

test('no answer means filtered; an ICMP error is reported', async () => {
  expect(await probe({ carries: () => false })).toMatchObject({ reach: 'filtered', sizes: { answered: [] } })
  expect((await probe({ carries: () => false, trouble: 'refused' })).reach).toBe('refused')
  expect(await probe({ mtu: 0 })).not.toHaveProperty('sizes')
})

test('ends at once when aborted', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('over')), 5)
  await expect(probe({ carries: () => false }, stop.signal)).rejects.toThrow('over')
})
