import * as z from 'zod/mini'

/** How many nodes may be away at the same time: a number from 1 to 9999, or a percentage. */
export const MaxUnavailable = z.string().check(z.regex(/^(?:[1-9]\d{0,3}|(?:[1-9]\d?|100)%)$/))
/** Of fewer than 20 nodes this is one. */
export const DEFAULT_MAX_UNAVAILABLE = '10%'
