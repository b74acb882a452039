import type { WebSocket } from 'ws'
import { FIRST_CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import type { DownFrame } from '../../protocol/wire/frames.ts'
import { Rate } from './rate.ts'

const MESSAGES_PER_SECOND = 50
const BURST = 200
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
const ACK_EVERY = 16
const ACK_AFTER_MS = 1_000

/** Why the controller ended a session: close codes of the agent protocol. */
export const Close = {
  badMessage: 4400,
  removed: 4403,
  noHello: 4408,
  replaced: 4409,
  /** Another machine is connected with the same key. */
  rival: 4410,
  goingAway: 1001,
} as const

type Body<T extends DownFrame['t']> = Extract<DownFrame, { t: T }>['body']

/** The connection of one node. */
export class Session {
  readonly nodeId: string
  readonly socket: WebSocket
  /** The address of the client. */
  readonly address: string
  readonly heartbeatMs: number
  readonly #rate: Rate
  readonly #timers = new Set<NodeJS.Timeout>()
  lastContact: Date
  /** The `lastContact` that is in the store. */
  savedAt: Date | undefined
  saidHello = false
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
  #unacknowledged = 0
  #ackTimer: NodeJS.Timeout | undefined

  constructor(nodeId: string, socket: WebSocket, address: string, heartbeatMs: number, now: Date) {
    this.nodeId = nodeId
    this.socket = socket
    this.address = address
    this.heartbeatMs = heartbeatMs
    this.lastContact = now
    this.#rate = new Rate(MESSAGES_PER_SECOND, BURST, now.getTime())
  }

  /** `seq` is 0 for messages that need no acknowledgement. */
  send<T extends DownFrame['t']>(t: T, body: Body<T>, seq = 0): void {
    if (this.socket.readyState !== this.socket.OPEN || !this.capabilities.includes(`frame/${t}`)) return
    if (this.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.socket.terminate()
      return
    }
    this.#unacknowledged = 0
    this.#count++
    this.socket.send(JSON.stringify({ v: 1, t, id: `c${this.#count}`, seq, ack: this.durableSeq, body }))
  }

  /** Acknowledges after 16 durable messages, or 1 s after the first; with `atOnce` immediately. */
  acknowledge(messages: number, atOnce: boolean): void {
    this.#unacknowledged += messages
    if (atOnce || this.#unacknowledged >= ACK_EVERY) this.send('ack', {})
    else this.#ackTimer ??= this.later(ACK_AFTER_MS, () => this.#ackLate())
  }

  #ackLate(): void {
    this.#ackTimer = undefined
    if (this.#unacknowledged > 0) this.send('ack', {})
  }

  /** Pauses reading if the node exceeds its rate. */
  throttle(now: Date): void {
    const waitMs = this.#rate.take(now.getTime())
    if (waitMs === 0 || this.socket.isPaused) return
    this.socket.pause()
    this.later(waitMs, () => this.socket.resume())
  }

  later(ms: number, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, ms)
    this.#timers.add(timer)
    return timer
  }

  end(code: number, reason: string): void {
    this.socket.close(code, reason.slice(0, 120))
    this.later(2_000, () => this.socket.terminate())
  }

  /** After the socket has closed. */
  release(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
