import type { Endpoint, ProbeNetwork, ProbeReach } from '../../host/probe-network.ts'
import type { Sizes, Timing } from '../../protocol/wire/pair-check.ts'
import { headerBytes, type Packet, readPacket, writePacket } from './packet.ts'
import { type RoundTrip, timingOf } from './timing.ts'

export interface ProbeTime {
  now(): Date
  monotonicMs(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface UdpProbe {
  reach: ProbeReach
  timing?: Timing
  sizes?: Sizes
}

const ROUND_TRIPS = 100
/** The first round trips resolve the neighbour and warm up both processes, so they are not timed. */
const WARM_UP = 5
const TIMING_MS = 700
/** After this many unanswered pings in a row, the port counts as filtered. */
const UNANSWERED = 3
const FIRST_ANSWER_MS = 500
const ANSWER_MS = 200
const SIZE_TRIES = 3
const SIZE_ANSWER_MS = 300
/** Common MTUs of links and tunnels, tried if the interface's own does not pass. */
const COMMON_SIZES = [9_000, 8_950, 1_500, 1_492, 1_480, 1_450, 1_400, 1_350, 1_280]
/** Maximum length of an IPv4 packet (RFC 791). */
const MAX_BYTES = 65_535

/** Pings one peer, then sends it packets as large as the MTU of this node's interface. Rejects only when aborted. */
export async function probeUdp(
  network: ProbeNetwork,
  { check, from, to }: { check: string; from: string; to: Endpoint },
  time: ProbeTime,
  signal: AbortSignal,
): Promise<UdpProbe> {
  const waiting = new Map<number, (reply: Packet) => void>()
  const socket = await network.openUdp(from, to, (bytes) => {
    const packet = readPacket(bytes)
    if (packet?.kind === 'reply' && packet.check === check) waiting.get(packet.sequence)?.(packet)
  })
  let sequence = 0
  /** Answers that came after the timeout, because one of the two machines was busy. They are not lost packets. */
  let late = 0
  const countLate = () => {
    late += 1
  }

  /** `trip` is undefined if no answer came in time. */
  async function ask(kind: 'ping' | 'size', bytes: number, waitMs: number) {
    sequence += 1
    const mine = sequence
    const packet = writePacket({ kind, check, sequence: mine, receivedAtMs: 0, sentAtMs: 0 }, bytes)
    const over = new AbortController()
    const sentAtMs = time.now().getTime()
    const beganMs = time.monotonicMs()
    const answered = new Promise<RoundTrip>((resolve) => {
      waiting.set(mine, ({ receivedAtMs, sentAtMs: sentThereMs }) =>
        resolve({ sentAtMs, receivedThereMs: receivedAtMs, sentThereMs, tookMs: time.monotonicMs() - beganMs }),
      )
    })
    const { isWhole } = socket.send(packet)
    const timeout = time.sleep(waitMs, AbortSignal.any([signal, over.signal])).catch(() => undefined)
    const trip = await Promise.race([answered, timeout])
    over.abort()
    if (!trip && kind === 'ping') waiting.set(mine, countLate)
    else waiting.delete(mine)
    signal.throwIfAborted()
    return { isWhole, trip: trip ?? undefined }
  }

  async function ping(): Promise<{ trips: RoundTrip[]; lost: number }> {
    const trips: RoundTrip[] = []
    const untilMs = time.monotonicMs() + TIMING_MS
    let lost = 0
    while (trips.length + lost < WARM_UP + ROUND_TRIPS && (trips.length === 0 || time.monotonicMs() < untilMs)) {
      const [first] = trips
      const waitMs = first ? Math.max(ANSWER_MS, 4 * first.tookMs) : FIRST_ANSWER_MS
      const { trip } = await ask('ping', 0, waitMs)
      if (trip) trips.push(trip)
      else lost += 1
      if (trips.length === 0 && (lost === UNANSWERED || socket.trouble() !== undefined)) break
    }
    return { trips, lost }
  }

  /** Retries a size without an answer, because packets get lost. `isWhole` only if every try was sent unfragmented. */
  async function trySize(
    size: number,
    tries: number,
  ): Promise<{ size: number; isWhole: boolean; isAnswered: boolean }> {
    for (let left = tries; ; left--) {
      const { isWhole, trip } = await ask('size', size - headerBytes(to.address), SIZE_ANSWER_MS)
      const isAnswered = trip !== undefined
      if (!isWhole || isAnswered || left === 1) return { size, isWhole, isAnswered }
    }
  }

  async function sizesTo(isAnswering: boolean): Promise<Sizes | undefined> {
    const mtu = Math.min(network.mtuOf(from) ?? 0, MAX_BYTES)
    if (mtu === 0) return undefined
    // Without answers the packets may still arrive: the peer reports what it received.
    const tries = isAnswering ? SIZE_TRIES : 1
    const largest = await trySize(mtu, tries)
    const isFine = largest.isWhole && largest.isAnswered
    const smaller = isFine ? [] : COMMON_SIZES.filter((size) => size < mtu)
    const others = await Promise.all(smaller.map((size) => trySize(size, tries)))
    const whole = [largest, ...others].filter(({ isWhole }) => isWhole)
    return {
      mtu,
      dontFragment: network.setsDontFragment(),
      whole: whole.map(({ size }) => size),
      answered: whole.filter(({ isAnswered }) => isAnswered).map(({ size }) => size),
    }
  }

  try {
    const { trips, lost } = await ping()
    const reach = trips.length > 0 ? 'open' : (socket.trouble() ?? 'filtered')
    const sizes = await sizesTo(trips.length > 0)
    const timing = timingOf(trips.length > WARM_UP ? trips.slice(WARM_UP) : trips, Math.max(0, lost - late))
    return { reach, ...(timing ? { timing } : {}), ...(sizes ? { sizes } : {}) }
  } finally {
    socket.close()
  }
}
