import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createCa, issueCertificate } from '../../../pki/certificate.ts'
import { createKeyPair } from '../../../pki/key.ts'
import { trustedCa } from './trust.ts'

const URL = 'https://controller.example:8443'
const ca = () => createCa({ commonName: 'cantrip controller CA', days: 30, now: new Date() })
const [OWN, OTHER] = [ca(), ca()]
const certificate = new X509Certificate(OWN.certificate)
const unknown = async () => ({ isTrusted: false, ca: certificate })

test('a server that this machine trusts needs no CA', async () => {
  expect(await trustedCa(URL, {}, undefined, async () => ({ isTrusted: true, ca: undefined }))).toBeUndefined()
})

test.each([
  certificate.fingerprint256,
  certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  `sha256:${certificate.fingerprint256}`,
])('the fingerprint %s', async (caFingerprint) => {
  const trusted = await trustedCa(URL, { caFingerprint }, undefined, unknown)
  expect(new X509Certificate(trusted ?? '').fingerprint256).toBe(certificate.fingerprint256)
})

test('another fingerprint is refused, whatever this machine trusts', async () => {
  const caFingerprint = new X509Certificate(OTHER.certificate).fingerprint256
  const refused = { code: 'login/other-ca', kind: 'refused' }
  await expect(trustedCa(URL, { caFingerprint }, undefined, unknown)).rejects.toMatchObject(refused)
  const trusted = async () => ({ isTrusted: true, ca: certificate })
  await expect(trustedCa(URL, { caFingerprint }, undefined, trusted)).rejects.toMatchObject(refused)
  const none = async () => ({ isTrusted: false, ca: undefined })
  await expect(trustedCa(URL, { caFingerprint }, undefined, none)).rejects.toMatchObject({ code: 'login/no-ca' })
})

test('without a terminal, only the CA of the last login', async () => {
  expect(await trustedCa(URL, {}, `${OTHER.certificate}${OWN.certificate}`, unknown)).toContain(OWN.certificate.trim())
  const refused = { code: 'login/untrusted', fix: expect.stringContaining('controller ca status') }
  await expect(trustedCa(URL, {}, undefined, unknown)).rejects.toMatchObject(refused)
  await expect(trustedCa(URL, {}, OTHER.certificate, unknown)).rejects.toMatchObject(refused)
})

test('a file with the CA', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ca-file-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'ca.crt')
  const neverAsked = () => Promise.reject(new Error('asked'))
  writeFileSync(file, OWN.certificate, { mode: 0o600 })
  expect(await trustedCa(URL, { ca: file }, undefined, neverAsked)).toBe(OWN.certificate)
  const { publicKey } = createKeyPair()
  const order = { ca: OWN, publicKey, commonName: 'x', usages: ['serverAuth'] as const, notBefore: new Date(), days: 1 }
  for (const text of ['', 'x', issueCertificate(order)]) {
    writeFileSync(file, text, { mode: 0o600 })
    await expect(trustedCa(URL, { ca: file }, undefined, neverAsked)).rejects.toMatchObject({ code: 'ca-file/invalid' })
  }
})
