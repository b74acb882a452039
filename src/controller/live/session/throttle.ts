import {
  BYTE_BURST,
  BYTES_PER_SECOND,
  MESSAGE_BURST,
  MESSAGES_PER_SECOND,
  MOST_EXCESS_MS,
  WINDOW,
} from '../../../protocol/wire/session/limits.ts'
import { Rate } from '../../rate.ts'

/** More than an agent sends without an acknowledgement. */
const MAX_WAITING = 2 * WINDOW

/** Slows a node down by not reading from its connection. */
export interface Throttle {
  /** A message, ping or pong arrived. Returns false if the node sent far too much: the session has to end. */
  arrived(bytes: number, countsAs?: number): boolean
  /** A message waits for the store. */
  queued(): void
  /** So many messages no longer wait. */
  handled(messages: number): void
  /** While it is held, nothing is read. */
  hold(isHeld: boolean): void
}

interface Options {
  nowMs(): number
  pause(): void
  resume(): void
  later(ms: number, work: () => void): void
}

export function openThrottle({ nowMs, pause, resume, later }: Options): Throttle {
  const messages = new Rate(MESSAGES_PER_SECOND, MESSAGE_BURST, nowMs())
  const bytes = new Rate(BYTES_PER_SECOND, BYTE_BURST, nowMs())
  let waiting = 0
  let isHeld = false
  let isPaused = false
  let isTimed = false
  const excessMs = () => Math.max(messages.take(nowMs(), 0), bytes.take(nowMs(), 0))
  /** Reads if nothing speaks against it; otherwise looks again when that may have changed. */
  const look = () => {
    const leftMs = excessMs()
    if (leftMs > 0 || waiting >= MAX_WAITING || isHeld) {
      if (!isPaused) pause()
      isPaused = true
    } else if (isPaused) {
      isPaused = false
      resume()
    }
    if (leftMs === 0 || isTimed) return
    isTimed = true
    later(leftMs, () => {
      isTimed = false
      look()
    })
  }
  return {
    arrived(length, countsAs = 1) {
      messages.take(nowMs(), countsAs)
      bytes.take(nowMs(), length)
      look()
      return excessMs() <= MOST_EXCESS_MS
    },
    queued() {
      waiting++
      if (waiting === MAX_WAITING) look()
    },
    handled(count) {
      waiting -= count
      look()
    },
    hold(wanted) {
      isHeld = wanted
      look()
    },
  }
}
