import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issueCertificate } from '../../../pki/certificate.ts'
import { createKeyPair } from '../../../pki/key.ts'
import type { CertificateKind } from '../../../protocol/api/access.ts'
import { type Authority, openAuthority } from '../../access/authority.ts'
import { isVerified, passIfOnlyExpired } from './expired.ts'

const DAY_MS = 86_400_000
const NOW = new Date('2026-06-01T00:00:00Z')
const day = (number: number) => new Date(NOW.getTime() + number * DAY_MS)
let directory: string
let authority: Authority

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'expired-'))
  authority = openAuthority(directory, day(-3_000), false)
})
afterAll(() => rmSync(directory, { recursive: true }))

const issued = (expiredDays: number, kind: CertificateKind = 'node') =>
  authority.clientCertificate({
    ...{ kind, identity: 'n-aaaaaaaaaa', publicKey: createKeyPair().publicKey, days: 30, now: day(-30 - expiredDays) },
  })
/** Names our CA as its issuer, as everybody can. */
const forged = () =>
  issueCertificate({
    ca: { certificate: authority.ca, key: createKeyPair().privateKey },
    ...{ publicKey: createKeyPair().publicKey, commonName: 'n-aaaaaaaaaa', organization: 'cantrip:node' },
    ...{ usages: ['clientAuth'], notBefore: day(-31), days: 30 },
  })

function look(pem: string | undefined, authorizationError = 'CERT_HAS_EXPIRED', now = NOW): boolean {
  const certificate = pem === undefined ? undefined : new X509Certificate(pem)
  const socket = { authorized: false, authorizationError, getPeerX509Certificate: () => certificate }
  const ports = { authority, now: () => now, lateRenewalMs: 400 * DAY_MS }
  const isPassed = passIfOnlyExpired(ports, socket as unknown as TLSSocket)
  expect(isVerified(socket as unknown as TLSSocket)).toBe(isPassed)
  return isPassed
}

test('a certificate of a node that has expired passes, for 400 days', () => {
  expect([1, 399].map((days) => look(issued(days)))).toEqual([true, true])
  expect(look(issued(401))).toBe(false)
})

test('nothing else does, also where TLS tells of no other fault', () => {
  expect(look(forged()), 'a forged signature').toBe(false)
  expect(look(issued(-1)), 'it has not expired: something else has').toBe(false)
  for (const kind of ['admin', 'enrol', 'operator'] as const) expect(look(issued(1, kind)), kind).toBe(false)
  expect(look(issued(1), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')).toBe(false)
  expect(look(undefined), 'no certificate').toBe(false)
  expect(look(issued(-900), 'CERT_HAS_EXPIRED', day(910)), 'the CA has expired as well').toBe(false)
})
