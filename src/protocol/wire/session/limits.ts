/*
 * What both sides of a session keep to. Plain constants, because the agent reads them before it loads any schema.
 */

/** Why a side closed the websocket. */
export const CLOSE = {
  done: 1000,
  goingAway: 1001,
  badMessage: 4400,
  removed: 4403,
  noHello: 4408,
  replaced: 4409,
  /** Another machine has the same key. */
  rival: 4410,
  /** The certificate with which the session began has expired. */
  expired: 4411,
  /** The node sent far more than the limits permit. */
  tooMuch: 4429,
} as const

/** The largest websocket message that each side accepts, in bytes. */
export const MAX_UP_BYTES = 256 * 1024
export const MAX_DOWN_BYTES = 1024 * 1024
/** Fragments of one message. */
export const MAX_FRAGMENTS = 64

/** Messages, pings and pongs of a node per second; the controller reads no faster. A burst may be larger. */
export const MESSAGES_PER_SECOND = 50
export const MESSAGE_BURST = 200
/** Bytes of the same. */
export const BYTES_PER_SECOND = 256 * 1024
export const BYTE_BURST = 2 * 1024 * 1024
/** Facts make the controller decide about the whole cluster: they count as so many messages. */
export const FACTS_COUNT_AS = 25
/** Facts that equal the last ones are ignored for so long. */
export const SAME_FACTS_MS = 10_000
/** The session ends when what was read exceeds the limits by so many ms. No agent can: it waits for acknowledgements. */
export const MOST_EXCESS_MS = 30_000

/** How soon after the connection the agent sends its hello, and the controller its welcome. */
export const OPENING_MS = 10_000

/** URLs of controllers that an agent gets, and characters of each. */
export const MOST_URLS = 16
export const LONGEST_URL = 2_048

/** An acknowledgement is sent after so many messages, or so long after the first of them. */
export const ACK_EVERY = 16
export const ACK_AFTER_MS = 1_000
/** Numbered messages that are sent before the first of them is acknowledged. */
export const WINDOW = 128

const HEARTBEAT_MS = 30_000
/** A pause between two heartbeats: 30 s, or what the controller asked for, ± 20 %. `random` returns [0, 1). */
export function heartbeatMs(random: () => number, meanMs: number = HEARTBEAT_MS): number {
  return meanMs * (0.8 + 0.4 * random())
}

/** After this silence the agent connects again, and the controller no longer relies on the node. */
export const SUSPECT_MS = 75_000
/** After this silence the controller closes the session and reports the node as unreachable. */
export const UNREACHABLE_MS = 120_000
