import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** `n-` (node), `c-` (cluster), `r-` (run), `e-` (operation), `p-` (pair check), `s-` (session) or `a-` (note for the audit log), and 50 random bits in base 32. */
export function newId(
  kind: 'n' | 'c' | 'r' | 'e' | 'p' | 's' | 'a',
  random: (bytes: number) => Uint8Array = randomBytes,
): string {
  return `${kind}-${Array.from(random(10), (byte) => ALPHABET[byte & 31]).join('')}`
}
