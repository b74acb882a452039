import type { ProbeNetwork } from '../../host/probe-network.ts'
import type { Dialled, PairCheckOrder, PairPort, Timing } from '../../protocol/wire/pair-check.ts'
import { type ProbeTime, probeUdp } from './probe-udp.ts'

export type Peer = PairCheckOrder['rounds'][number][number]

/** Long enough for one retransmission of a SYN, after one second (RFC 6298). */
const TCP_MS = 2_000

export interface Dialling extends ProbeTime {
  network: ProbeNetwork
  order: Pick<PairCheckOrder, 'check' | 'address'>
  signal: AbortSignal
}

/** Probes all ports of one peer at once. Rejects only when aborted. */
export async function dialPeer(peer: Peer, dialling: Dialling): Promise<Dialled> {
  const { network, order, signal } = dialling
  const target = (port: PairPort) => ({ address: peer.address, port: numberOf(port) })
  const tcp = Promise.all(
    peer.ports
      .filter((port) => port.endsWith('/tcp'))
      .map(async (port) => ({
        port,
        ...(await network.connectTcp(order.address, target(port), TCP_MS)),
      })),
  )
  const udp = Promise.all(
    peer.ports
      .filter((port) => port.endsWith('/udp'))
      .map(async (port) => ({
        port,
        ...(await probeUdp(network, { check: order.check, from: order.address, to: target(port) }, dialling, signal)),
      })),
  )
  const [connected, probed] = await Promise.all([tcp, udp])
  const [{ timing, sizes } = {}] = probed as Partial<(typeof probed)[number]>[]
  const known = timing ?? connectTiming(connected.filter(({ reach }) => reach === 'open').map(({ ms }) => ms))
  return {
    node: peer.node,
    ports: [...connected, ...probed].map(({ port, reach }) => ({ port, reach })),
    ...(known ? { timing: known } : {}),
    ...(sizes ? { sizes } : {}),
  }
}

export const numberOf = (port: PairPort) => Number.parseInt(port, 10)

/** A connection is one round trip, and does not measure the clock offset. */
function connectTiming(tookMs: readonly number[]): Timing | undefined {
  const sorted = tookMs.toSorted((a, b) => a - b)
  const [quickest] = sorted
  if (quickest === undefined) return undefined
  const medianMs = sorted[Math.floor((sorted.length - 1) / 2)] ?? quickest
  return { roundTrips: sorted.length, lost: 0, medianMs, p99Ms: sorted.at(-1) ?? quickest }
}
