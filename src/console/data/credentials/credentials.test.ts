import { createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { credentialsText } from '../../../controller/clusters/join/credentials-text.ts'
import { readCsr } from '../../../pki/csr.ts'
import { decryptKey } from '../../../pki/decrypt-key.ts'
import { fingerprint } from '../../../pki/key.ts'
import type { InstallerParts } from '../../../protocol/api/identities/credentials.ts'
import { filesOf } from './credentials.ts'
import { integer, octetString, oid } from './der.ts'
import { newInstallerKey } from './installer-key.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test.each([
  [0, '020100'],
  [127, '02017f'],
  [128, '02020080'],
  [600_000, '02030927c0'],
])('the number %s is %s', (value, wanted) => expect(hex(integer(value))).toBe(wanted))

test('long contents and large parts of an object identifier have their lengths', () => {
  expect(hex(octetString(new Uint8Array(200))).slice(0, 6)).toBe('0481c8')
  expect(hex(octetString(new Uint8Array(300))).slice(0, 8)).toBe('0482012c')
  expect(hex(oid('1.2.840.113549.1.5.13'))).toBe('06092a864886f70d01050d')
})

test('the key of a browser is one that the agent decrypts and the controller accepts', async () => {
  const key = await newInstallerKey()
  expect(key.passphrase).toMatch(/^([a-z2-9]{5}-){4}[a-z2-9]{5}$/)
  const { publicKey, onlyName } = readCsr(key.csr)
  expect(onlyName).toBe('installer')
  const decrypted = createPublicKey(decryptKey(key.encryptedKey, key.passphrase))
  expect(fingerprint(decrypted)).toBe(fingerprint(publicKey))
})

test('the file of credentials has its parts in the order in which the command line writes them', async () => {
  const key = await newInstallerKey()
  const enrolment = {
    format: 1,
    urls: ['https://controller.example.org:8443'],
    cluster: { id: 'c', name: 'å' },
    instructionKey: 'k',
  }
  const parts = { certificate: 'CERTIFICATE\n', ca: 'CA\n', enrolment } as unknown as InstallerParts
  const { credentials } = filesOf('demo', key, parts)
  expect(credentials).toBe(credentialsText(key.encryptedKey, parts))
})
