/** Versions of the agent protocol that this build speaks; the highest that both sides speak is used. */
export const PROTOCOL = { min: 1, max: 1 } as const

export const SUBPROTOCOL = 'cantrip.v1'
