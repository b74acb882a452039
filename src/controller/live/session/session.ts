import { isDeepStrictEqual } from 'node:util'
import type { WebSocket } from 'ws'
import { shorten } from '../../../base/text/shorten.ts'
import { openTimers } from '../../../base/timers.ts'
import { FIRST_CAPABILITIES } from '../../../protocol/wire/capabilities.ts'
import type { Facts } from '../../../protocol/wire/facts.ts'
import type { DownBody } from '../../../protocol/wire/frames.ts'
import { type Acknowledgements, acknowledgements } from '../../../protocol/wire/session/acknowledgements.ts'
import { CLOSE, SAME_FACTS_MS, UNREACHABLE_MS } from '../../../protocol/wire/session/limits.ts'
import type { Change } from '../../domain/change.ts'
import type { HasClock, HasMeter, HasRefusals } from '../../ports.ts'
import { openThrottle, type Throttle } from './throttle.ts'

const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

type Ports = Pick<HasClock, 'now'> & HasRefusals & HasMeter

/** The client at the other end of a session. */
export interface Peer {
  address: string
  /** Of the key of its certificate. */
  fingerprint: string
  /** When its certificate expires. */
  expiresAt: Date
  /** Fingerprint of the CA that issued it. */
  issuer?: string | undefined
}

/** The connection of one node. */
export class Session {
  readonly nodeId: string
  readonly socket: WebSocket
  readonly peer: Peer
  readonly heartbeatMs: number
  readonly #ports: Ports
  readonly throttle: Throttle
  readonly #timers = openTimers()
  readonly #acks: Acknowledgements
  lastContact: Date
  /** The `lastContact` that is in the store. */
  savedAt: Date | undefined
  saidHello = false
  /** See machine-of.ts; empty before the hello. */
  machine = ''
  /** Capabilities of the agent: other messages are not sent to it. */
  capabilities: readonly string[] = FIRST_CAPABILITIES
  /** Its hello is stored, and it was welcomed. */
  isOpen = false
  /** Highest message of the controller that the node had stored at its hello. */
  peerSeq = 0
  /** Highest message of the node that is stored. */
  durableSeq = 0
  sentState = ''
  /** Generation of the last `trust` message. */
  sentTrust = 0
  /** The URLs of controllers that the agent knows, as JSON. */
  sentControllers = ''
  /** The last list of images that the agent has. */
  knownImages: { issuedAt: string; sha256: string } | undefined
  readonly sent = new Set<string>()
  #count = 0
  #known: { facts: Facts; atMs: number } | undefined

  constructor(nodeId: string, socket: WebSocket, peer: Peer, heartbeatMs: number, ports: Ports) {
    this.nodeId = nodeId
    this.socket = socket
    this.peer = peer
    this.heartbeatMs = heartbeatMs
    this.#ports = ports
    this.lastContact = ports.now()
    this.throttle = openThrottle({
      nowMs: () => ports.now().getTime(),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      later: this.#timers.later,
    })
    this.#acks = acknowledgements({ send: () => this.send('ack', {}), later: this.#timers.later })
  }

  /** `seq` is 0 for messages that need no acknowledgement. */
  send<T extends keyof DownBody>(t: T, body: DownBody[T], seq = 0): void {
    if (this.socket.readyState !== this.socket.OPEN || !this.capabilities.includes(`frame/${t}`)) return
    if (this.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.socket.terminate()
      return
    }
    this.#acks.sent()
    this.#ports.meter.message('sent', t)
    this.#count++
    this.socket.send(JSON.stringify({ v: 1, t, id: `c${this.#count}`, seq, ack: this.durableSeq, body }))
  }

  /** `atOnce` for messages that the node waits for. */
  acknowledge(messages: number, atOnce: boolean): void {
    this.#acks.stored(messages, atOnce)
  }

  /** Counts a message, ping or pong. Ends the session, and returns false, if the node sent far too much. */
  arrived(bytes: number, countsAs = 1): boolean {
    if (this.throttle.arrived(bytes, countsAs)) return true
    const sender = `node ${this.nodeId}`
    this.#ports.refused(`${sender} sent too much`, `${sender} sent far more than the limits permit: disconnected`)
    this.socket.close(CLOSE.tooMuch, 'far more than the limits permit')
    // What it sent in addition is not read.
    this.socket.terminate()
    return false
  }

  /** Whether these facts are to be stored: they differ from the last ones, or those are older than 10 s. */
  isNews(facts: Facts): boolean {
    const atMs = this.#ports.now().getTime()
    const known = this.#known
    if (known && atMs - known.atMs < SAME_FACTS_MS && isDeepStrictEqual(facts, known.facts)) return false
    this.#known = { facts, atMs }
    return true
  }

  later(ms: number, work: () => void): void {
    this.#timers.later(ms, work)
  }

  end(code: number, reason: string): void {
    // A close frame can carry 123 bytes; ws throws if there are more.
    this.socket.close(code, shorten(reason, 120))
    this.later(2_000, () => this.socket.terminate())
  }

  /** Returns false after it has ended the session: its certificate has expired, or the node was silent. */
  beat(now: Date): boolean {
    const isSilent = now.getTime() - this.lastContact.getTime() >= UNREACHABLE_MS
    const isExpired = now > this.peer.expiresAt
    if (isExpired) this.end(CLOSE.expired, 'the certificate has expired')
    else if (isSilent) this.socket.terminate()
    else if (this.socket.readyState === this.socket.OPEN) this.socket.ping()
    return !isSilent && !isExpired
  }

  /** Waits at most a second, then terminates the connection. */
  async closed(): Promise<void> {
    const { socket } = this
    if (socket.readyState === socket.CLOSED) return
    const cut = setTimeout(() => socket.terminate(), 1_000)
    await new Promise((resolve) => socket.once('close', resolve))
    clearTimeout(cut)
  }

  /** After the socket has closed. */
  release(): void {
    this.#timers.clear()
  }
}

export const lastSeenOf = ({ nodeId, lastContact }: Session): Change => ({
  change: 'set-node',
  id: nodeId,
  to: { lastSeen: lastContact.toISOString() },
})
