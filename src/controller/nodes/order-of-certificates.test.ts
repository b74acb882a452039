import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { createCa, issueCertificate } from '../../pki/certificate.ts'
import { createKeyPair } from '../../pki/key.ts'
import { isLater, nextNumber } from './order-of-certificates.ts'

const now = new Date('2026-05-01T00:00:00Z')
const yearsAhead = new Date('2031-05-01T00:00:00Z')
const ca = createCa({ commonName: 'ca', days: 9_000, now })
const issue = (notBefore: Date, number?: number) =>
  issueCertificate({
    ...{
      ca,
      publicKey: createKeyPair().publicKey,
      commonName: 'n',
      usages: ['clientAuth'],
      notBefore,
      days: 30,
      number,
    },
  })
const judge = (presented: string, certificate: string | null, next: string | null = null) =>
  isLater(new X509Certificate(presented), {
    certificate,
    next: next === null ? null : { fingerprint: '', publicKey: '', certificate: next },
  })

it('a retired certificate is not later, although the clock was set back after it was issued', () => {
  const retired = issue(yearsAhead, nextNumber({ certificate: null, next: null }))
  const present = issue(now, nextNumber({ certificate: retired, next: null }))
  expect(judge(retired, present)).toBe(false)
  expect(judge(retired, issue(now), present)).toBe(false)
})

it('what was issued after a backup is later, although the clock was set back before', () => {
  const stored = issue(yearsAhead, 4)
  const after = issue(now, nextNumber({ certificate: stored, next: null }))
  expect(judge(after, stored)).toBe(true)
  expect(judge(after, issue(yearsAhead))).toBe(true)
})

it('those of an earlier build, which have no number, are compared by their dates', () => {
  expect(judge(issue(yearsAhead), issue(now))).toBe(true)
  expect(judge(issue(now), issue(yearsAhead))).toBe(false)
  expect(judge(issue(yearsAhead), issue(now, 1))).toBe(false)
  expect(nextNumber({ certificate: issue(now), next: null })).toBe(1)
})
