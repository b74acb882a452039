/** Versions of the agent protocol that this build supports; both sides use the highest that they share. */
export const PROTOCOL = { min: 1, max: 1 } as const

/** The only subprotocol of builds up to f2add13. */
export const SUBPROTOCOL = 'cantrip.v1'
/** The same frames, with capabilities in `hello` and marks in events. Used if both sides support it. */
export const SUBPROTOCOL_V2 = 'cantrip.v2'

/** A websocket in which an agent's TLS connection passes through a proxy that ends TLS itself. */
export const TUNNEL_PATH = '/v1/tunnel'
/** What each side sends with one message of it, and the most that it accepts: a proxy can put messages together. */
export const TUNNEL_PIECE_BYTES = 32 * 1024
export const TUNNEL_MESSAGE_BYTES = 64 * 1024
