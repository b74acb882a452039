import type { WebSocket } from 'ws'
import { shorten } from '../../base/text/shorten.ts'
import { openTimers } from '../../base/timers.ts'
import { FIRST_CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import type { DownBody } from '../../protocol/wire/frames.ts'
import { type Acknowledgements, acknowledgements } from '../../protocol/wire/session/acknowledgements.ts'
import { CLOSE, UNREACHABLE_MS, WINDOW } from '../../protocol/wire/session/limits.ts'
import { Rate } from './rate.ts'

const MESSAGES_PER_SECOND = 50
const BURST = 200
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
/** More than an agent sends without an acknowledgement. */
const MAX_WAITING = 2 * WINDOW

/** The client at the other end of a session. */
export interface Peer {
  address: string
  /** Of the key of its certificate. */
  fingerprint: string
  /** When its certificate expires. */
  expiresAt: Date
}

/** The connection of one node. */
export class Session {
  readonly nodeId: string
  readonly socket: WebSocket
  readonly peer: Peer
  readonly heartbeatMs: number
  readonly #rate: Rate
  readonly #timers = openTimers()
  readonly #acks: Acknowledgements
  lastContact: Date
  /** The `lastContact` that is in the store. */
  savedAt: Date | undefined
  saidHello = false
  bootId = ''
  /** Capabilities of the agent: other messages are not sent to it. */
  capabilities: readonly string[] = FIRST_CAPABILITIES
  /** Its hello is stored, and it was welcomed. */
  isOpen = false
  /** Highest message of the controller that the node had stored at its hello. */
  peerSeq = 0
  /** Highest message of the node that is stored. */
  durableSeq = 0
  sentState = ''
  readonly sent = new Set<string>()
  #count = 0
  /** Received messages that are not stored yet. */
  #waiting = 0

  constructor(nodeId: string, socket: WebSocket, peer: Peer, heartbeatMs: number, now: Date) {
    this.nodeId = nodeId
    this.socket = socket
    this.peer = peer
    this.heartbeatMs = heartbeatMs
    this.lastContact = now
    this.#rate = new Rate(MESSAGES_PER_SECOND, BURST, now.getTime())
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
    this.#count++
    this.socket.send(JSON.stringify({ v: 1, t, id: `c${this.#count}`, seq, ack: this.durableSeq, body }))
  }

  /** `atOnce` for messages that the node waits for. */
  acknowledge(messages: number, atOnce: boolean): void {
    this.#acks.stored(messages, atOnce)
  }

  /** Called for each message. Pauses reading if the node exceeds its rate, or too many messages wait for the store. */
  throttle(now: Date): void {
    this.#waiting++
    if (this.#waiting >= MAX_WAITING) this.socket.pause()
    const waitMs = this.#rate.take(now.getTime())
    if (waitMs === 0 || this.socket.isPaused) return
    this.socket.pause()
    this.later(waitMs, () => this.socket.resume())
  }

  /** So many received messages no longer wait. */
  handled(messages: number): void {
    this.#waiting -= messages
    if (this.#waiting < MAX_WAITING && this.#waiting + messages >= MAX_WAITING) this.socket.resume()
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
