import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const PREFIXES = { token: 'cantrip_', session: 'cantrip-session_', code: 'cantrip-code_' } as const
export type SecretKind = keyof typeof PREFIXES

const FORM = /^cantrip(?:-(session|code))?_[\w-]{43}$/
const LONGEST = 64

/** A secret of 256 random bits; its prefix lets programs that search for leaked secrets recognize it. */
export const newSecret = (kind: SecretKind): string => `${PREFIXES[kind]}${randomBytes(32).toString('base64url')}`

/** Undefined if the text is no secret of the controller. */
export function secretKind(text: string): SecretKind | undefined {
  if (text.length > LONGEST) return undefined
  const [found, kind = 'token'] = FORM.exec(text) ?? []
  return found === undefined ? undefined : (kind as SecretKind)
}

/**
 * Under which a secret is stored. It is looked up by this hash, so the time of the look-up says nothing about the secret; and it
 * needs no salt, because nobody can try 2^256 secrets.
 */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** Proves that a request comes from a page that could read an answer of the session. It does not reveal the secret. */
export const csrfOf = (secret: string): string => createHash('sha256').update(`csrf ${secret}`).digest('base64url')

export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
