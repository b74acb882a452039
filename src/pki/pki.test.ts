import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCa, issueCertificate } from './certificate.ts'
import { buildCsr, readCsr } from './csr.ts'
import { decryptKey } from './decrypt-key.ts'
import { encryptKey } from './encrypt-key.ts'
import { createKeyPair, fingerprint, fingerprintOfCertificate, keyToPem, spki } from './key.ts'
import { readPem, toPem } from './pem.ts'

const now = new Date()
let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pki-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}
const openssl = (...argv: string[]) =>
  execFileSync('openssl', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

describe('certificates', () => {
  const ca = createCa({ commonName: 'test ca', days: 10, now })
  const { publicKey } = createKeyPair()
  const order = { ca, publicKey, commonName: 'n-1', organization: 'cantrip:node', notBefore: now, days: 30 }

  it('are accepted by openssl only for their purpose', () => {
    const caFile = file('ca.pem', ca.certificate)
    const client = file('client.pem', issueCertificate({ ...order, usages: ['clientAuth'] }))
    const check = (purpose: string) => openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', caFile, client)
    expect(check('sslclient')).toContain('OK')
    expect(() => check('sslserver')).toThrow(/unsuitable certificate purpose/)
  })

  it('contain identity, names, validity and a serial of 17 bytes', () => {
    const names = { dnsNames: ['c.example'], ipAddresses: ['10.0.0.1', 'fd00::1'] }
    const issued = new X509Certificate(issueCertificate({ ...order, ...names, usages: ['serverAuth'] }))
    expect(issued.subject).toBe('O=cantrip:node\nCN=n-1')
    expect(issued.subjectAltName).toBe('DNS:c.example, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1')
    expect(issued.serialNumber).toHaveLength(34)
    expect(issued.validToDate.getTime() - issued.validFromDate.getTime()).toBe(30 * 86_400_000)
    expect(issued.ca).toBe(false)
    expect(issued.verify(createPublicKey(ca.key))).toBe(true)
    expect(issued.checkIssued(new X509Certificate(ca.certificate))).toBe(true)
  })

  it('tell the fingerprint of their key, also those of other programs', () => {
    const issued = new X509Certificate(issueCertificate({ ...order, usages: ['clientAuth'] }))
    expect(fingerprintOfCertificate(issued)).toBe(fingerprint(publicKey))
    const [key, own] = [join(directory, 'own.key'), join(directory, 'own.pem')]
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      own,
      '-subj',
      '/O=x/CN=y',
      '-days',
      '1',
    )
    const foreign = new X509Certificate(readFileSync(own))
    expect(fingerprintOfCertificate(foreign)).toBe(fingerprint(foreign.publicKey))
  })

  it('use GeneralizedTime from 2050 on', () => {
    const late = new X509Certificate(issueCertificate({ ...order, days: 365 * 40, usages: ['clientAuth'] }))
    expect(late.validToDate.getUTCFullYear()).toBeGreaterThan(2060)
  })
})

describe('certificate requests', () => {
  const { privateKey, publicKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'anyone')

  it('are accepted by openssl and contain the key', () => {
    expect(openssl('req', '-verify', '-noout', '-in', file('a.csr', csr))).toBeDefined()
    expect(readCsr(csr).publicKey.equals(publicKey)).toBe(true)
  })

  it('made by openssl are read', () => {
    const key = file('k.pem', keyToPem(privateKey))
    expect(readCsr(openssl('req', '-new', '-key', key, '-subj', '/CN=x')).publicKey.equals(publicKey)).toBe(true)
  })

  it('signed by another key are refused', () => {
    const der = readPem(csr)[0]?.der ?? Buffer.alloc(0)
    const swapped = Buffer.from(der)
    spki(createKeyPair().publicKey).copy(swapped, der.indexOf(spki(publicKey)))
    expect(() => readCsr(toPem('CERTIFICATE REQUEST', swapped))).toThrow(/a signature that the key did not make/)
  })

  it('of another curve and malformed ones are refused', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    expect(() => readCsr(buildCsr(other.privateKey, 'x'))).toThrow(/other than P-256/)
    expect(() => readCsr(toPem('CERTIFICATE REQUEST', Buffer.from('3003020100', 'hex')))).toThrow(/not a certificate/)
    expect(() => readCsr('hello')).toThrow(/no PEM block/)
  })
})

describe('encrypted keys', () => {
  const { privateKey } = createKeyPair()
  const pem = encryptKey(privateKey, 'correct horse')

  it('are decrypted with their passphrase, here and by openssl', () => {
    expect(decryptKey(pem, 'correct horse').equals(privateKey)).toBe(true)
    const opened = openssl('pkcs8', '-in', file('e.pem', pem), '-passin', 'pass:correct horse')
    expect(createPrivateKey(opened).equals(privateKey)).toBe(true)
  })

  it('are not decrypted with another passphrase', () => {
    expect(() => decryptKey(pem, 'wrong')).toThrow(
      expect.objectContaining({ code: 'key/wrong-passphrase', kind: 'invalid' }),
    )
  })

  it('are refused before the derivation if iterations or scheme are unsupported', () => {
    const refused = expect.objectContaining({ code: 'key/unsupported-encryption' })
    expect(() => decryptKey(encryptKey(privateKey, 'x', 2_048), 'x')).toThrow(refused)
    const path = file('p.pem', keyToPem(privateKey))
    const argv = ['pkcs8', '-topk8', '-in', path, '-passout', 'pass:x', '-iter', '600000']
    expect(() => decryptKey(openssl(...argv, '-v2', 'aes-128-cbc'), 'x')).toThrow(refused)
    expect(decryptKey(openssl(...argv, '-v2', 'aes-256-cbc'), 'x').equals(privateKey)).toBe(true)
    expect(() =>
      decryptKey('-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END EC PRIVATE KEY-----\n', 'x'),
    ).toThrow(/legacy/)
  })
})

it('computes the fingerprint of a key', () => {
  const { publicKey } = createKeyPair()
  expect(fingerprint(publicKey)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
})
