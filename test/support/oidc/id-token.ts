import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'

export interface SigningKey {
  publicKey: KeyObject
  privateKey: KeyObject
  /** Private. */
  jwk: object & { kid: string }
}

export function signingKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' }
  return { publicKey, privateKey, jwk }
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

export function claimsIn(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
}

/** An ID token with these claims. `HS256`: with the public key as secret, as in the known attack; `none`: not signed. */
export function forgeToken(claims: object, key: SigningKey, alg: 'RS256' | 'HS256' | 'none' = 'RS256'): string {
  const text = `${encode({ alg, kid: key.jwk.kid, typ: 'JWT' })}.${encode(claims)}`
  if (alg === 'none') return `${text}.`
  if (alg === 'RS256') return `${text}.${sign('sha256', Buffer.from(text), key.privateKey).toString('base64url')}`
  const secret = key.publicKey.export({ type: 'spki', format: 'pem' })
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
