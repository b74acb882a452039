/** Versions of the agent protocol that this build speaks; the highest that both sides speak is used. */
export const PROTOCOL = { min: 1, max: 1 } as const

/** Builds up to f2add13 speak it alone. */
export const SUBPROTOCOL = 'cantrip.v1'
/** The same frames, but a `hello` names capabilities and an event its marks. Used where both sides offer it. */
export const SUBPROTOCOL_V2 = 'cantrip.v2'
