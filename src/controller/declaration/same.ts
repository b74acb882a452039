import { isDeepStrictEqual } from 'node:util'

/** Whether two values are the same as JSON: a field without a value is an absent one. */
export const isSame = (one: unknown, other: unknown): boolean => isDeepStrictEqual(plain(one), plain(other))

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
