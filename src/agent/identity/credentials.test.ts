import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { linuxHostView } from '../../host/linux/host-view.ts'
import { createCa, issueCertificate } from '../../pki/certificate.ts'
import { encryptKey } from '../../pki/encrypt-key.ts'
import { createKeyPair } from '../../pki/key.ts'
import { readOnePem, toPem } from '../../pki/pem.ts'
import { sealText } from '../../pki/sealing/sealed-text.ts'
import { ENROLMENT_LABEL } from '../../protocol/api/identities/installer.ts'
import { NODE_OPTIONS } from '../../protocol/api/identities/node-options.ts'
import { readCredentials } from './credentials.ts'

const now = new Date('2026-06-01T00:00:00Z')
const DAY = 86_400_000
const passphrase = 'correct horse battery staple'
const enrolment = {
  format: 1,
  urls: ['https://10.0.0.1:8443'],
  cluster: { id: 'c-abcdefghij', name: 'demo' },
  instructionKey: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
}
const ca = createCa({ commonName: 'cantrip', days: 3650, now })
const keys = createKeyPair()
const blockWith = (change: object) => toPem(ENROLMENT_LABEL, Buffer.from(JSON.stringify({ ...enrolment, ...change })))
const enrolmentBlock = blockWith({})
const ecKey = () => keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')

function certificate(
  change: {
    notBefore?: Date
    organization?: string
    commonName?: string
    issuer?: typeof ca
    publicKey?: typeof keys.publicKey
  } = {},
) {
  return issueCertificate({
    ca: change.issuer ?? ca,
    publicKey: change.publicKey ?? keys.publicKey,
    commonName: change.commonName ?? enrolment.cluster.id,
    organization: change.organization ?? 'cantrip:enrol',
    usages: ['clientAuth'],
    notBefore: change.notBefore ?? now,
    days: 365,
  })
}

let directory: string
let encryptedKey: string
let weakKey: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'credentials-'))
  encryptedKey = await encryptKey(keys.privateKey, passphrase)
  weakKey = await encryptKey(keys.privateKey, passphrase, 1_000)
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Real files; the test sets owner and clock. */
function view(owner?: number): HostView {
  const real = linuxHostView()
  return {
    ...real,
    now: () => now,
    async readFileItself(path, maxBytes) {
      const found = await real.readFileItself(path, maxBytes)
      return found && { ...found, stat: { ...found.stat, uid: owner ?? found.stat.uid } }
    },
  }
}

let count = 0
function file(text: string, mode = 0o600): string {
  const path = join(directory, `f${count++}`)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
const pem = (parts: { certificate?: string; key?: string; ca?: string; enrolment?: string } = {}) =>
  [
    parts.certificate ?? certificate(),
    parts.key ?? encryptedKey,
    parts.ca ?? ca.certificate,
    parts.enrolment ?? enrolmentBlock,
  ].join('')

async function failure(creds: string, secret: string, hostView = view()): Promise<AgentError> {
  const error = await readCredentials(creds, secret, hostView).catch((caught: unknown) => caught)
  if (!(error instanceof AgentError)) throw new Error(`no AgentError but ${String(error)}`)
  return error
}

test('good credentials are read', async () => {
  const read = await readCredentials(file(pem()), file(`${passphrase}\n`), view())
  expect(read.enrolment).toEqual(enrolment)
  expect(read.ca).toBe(ca.certificate)
  expect(read.installer.expiresAt.getTime()).toBe(now.getTime() + 365 * DAY)
  expect(read.installer.key.reveal()).toContain('BEGIN PRIVATE KEY')
  expect(JSON.stringify(read)).not.toMatch(/PRIVATE KEY|horse/)
})

const sealed = (options: unknown, secret = passphrase) =>
  sealText(typeof options === 'string' ? options : JSON.stringify(options), secret, NODE_OPTIONS)
const some = {
  format: 1,
  proxy: { url: 'http://bob:hunter2@10.0.0.9:3128/', inspects: true },
  registryLogins: { 'mirror.example.org:5000': 'node:hunter2', 'http://proxy:3128': 'node:hunter2' },
}

test('the options that good credentials carry are read', async () => {
  const { options } = await readCredentials(file(pem() + sealed(some)), file(`${passphrase}\n`), view())
  expect(options.proxy).toEqual(some.proxy)
  expect(Object.entries(options.registryLogins ?? {}).map(([host, login]) => [host, login.reveal()])).toEqual(
    Object.entries(some.registryLogins),
  )
  expect(JSON.stringify(options.registryLogins)).not.toContain('hunter2')
  const transparent = { format: 1, proxy: { inspects: true } }
  const inRotation = pem({ ca: ca.certificate + createCa({ commonName: 'next', days: 1, now }).certificate })
  const read = await readCredentials(file(inRotation + sealed(transparent)), file(passphrase), view())
  expect([read.options, read.ca.split('BEGIN').length]).toEqual([{ proxy: { inspects: true } }, 3])
})

const changed = () => {
  const bytes = readOnePem(sealed(some), NODE_OPTIONS.label)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return toPem(NODE_OPTIONS.label, bytes)
}
const loginsOf = (count: number, login: string) => ({
  format: 1,
  registryLogins: Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}.example.org`, login])),
})

test.each<[string, () => string, RegExp]>([
  ['changed by a bit', changed, /was changed, or was written with another passphrase/],
  ['of other credentials', () => sealed(some, 'hunter2 horse'), /another passphrase/],
  ['in clear', () => toPem(NODE_OPTIONS.label, Buffer.from(JSON.stringify(some))), /was changed/],
  ['empty but for its version', () => toPem(NODE_OPTIONS.label, Buffer.from([1])), /was changed/],
  ['no JSON', () => sealed('{"password": "hunter2'), /is no JSON/],
  ['of another format', () => sealed({ ...some, format: 2 }), /values that this build/],
  ['with something unknown', () => sealed({ ...some, hunter2: 'hunter2' }), /values that this build/],
  ['with a proxy of another kind', () => sealed({ format: 1, proxy: { url: 'socks5://hunter2' } }), /values/],
  ['with a proxy and a path', () => sealed({ format: 1, proxy: { url: 'http://proxy/hunter2' } }), /values/],
  ['with a user that no header takes', () => sealed({ format: 1, proxy: { url: 'http://%zz@proxy' } }), /values/],
  ['with a proxy that is nothing', () => sealed({ format: 1, proxy: {} }), /values/],
  ['with a long proxy', () => sealed({ format: 1, proxy: { url: `http://${'p'.repeat(2_048)}` } }), /values/],
  ['with a path as host', () => sealed({ format: 1, registryLogins: { '../x': 'a:hunter2' } }), /values/],
  ['with a header in a login', () => sealed(loginsOf(1, 'a:hunter2\r\nx: y')), /values/],
  ['with many logins', () => sealed(loginsOf(101, 'a:hunter2')), /values/],
  ['too large', () => sealed(loginsOf(5, `a:${'x'.repeat(8_000)}`)), /has \d+ bytes; wanted at most 32768/],
])('a block of options that is %s is refused, without what it says', async (_, block, says) => {
  const error = await failure(file(pem() + block()), file(passphrase))
  expect([error.code, error.kind]).toEqual(['credentials/damaged-options', 'invalid'])
  expect(error.message).toMatch(says)
  expect(`${error.message}${error.fix}${(error.cause as Error | undefined)?.message}`).not.toContain('hunter2')
})

const link = () => {
  const path = join(directory, `l${count++}`)
  symlinkSync(file(pem()), path)
  return path
}
const other = createKeyPair()
const foreignCa = () => createCa({ commonName: 'other', days: 10, now })

const table: [string, () => string, ((() => string) | undefined)?, number?][] = [
  ['credentials/missing', () => join(directory, 'nothing-here')],
  ['credentials/not-a-file', link],
  ['credentials/not-a-file', () => directory],
  ['credentials/foreign-owner', () => file(pem()), undefined, 4711],
  ['credentials/writable-by-others', () => file(pem(), 0o620)],
  ['credentials/world-readable', () => file(pem(), 0o644)],
  ['credentials/world-readable', () => file(pem()), () => file(passphrase, 0o604)],
  ['credentials/too-large', () => file(pem() + 'x'.repeat(70_000))],
  ['credentials/empty', () => file('')],
  ['credentials/empty', () => file(pem()), () => file(' \n')],
  ['credentials/swapped', () => file(passphrase), () => file(pem())],
  ['credentials/not-a-passphrase', () => file(pem()), () => file(pem())],
  ['credentials/not-pem', () => file('hello')],
  [
    'credentials/not-pem',
    () => file(pem({ certificate: '-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n' })),
  ],
  [
    'credentials/legacy-key',
    () =>
      file(
        pem({ key: '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----\n' }),
      ),
  ],
  ['credentials/incomplete', () => file(pem({ enrolment: '' }))],
  ['credentials/incomplete', () => file(pem({ ca: enrolmentBlock, enrolment: ca.certificate }))],
  ['credentials/incomplete', () => file(sealed(some) + pem())],
  ['credentials/incomplete', () => file(pem() + sealed(some) + sealed(some))],
  ['credentials/key-encryption', () => file(pem({ key: weakKey }))],
  ['credentials/wrong-passphrase', () => file(pem()), () => file('wrong horse')],
  ['credentials/damaged-certificate', () => file(pem({ certificate: toPem('CERTIFICATE', Buffer.from('junk')) }))],
  ['credentials/key-mismatch', () => file(pem({ certificate: certificate({ publicKey: other.publicKey }) }))],
  ['credentials/foreign-ca', () => file(pem({ ca: foreignCa().certificate }))],
  ['credentials/not-an-installer', () => file(pem({ certificate: certificate({ organization: 'cantrip:node' }) }))],
  [
    'credentials/expired',
    () => file(pem({ certificate: certificate({ notBefore: new Date(now.getTime() - 366 * DAY) }) })),
  ],
  [
    'credentials/not-yet-valid',
    () => file(pem({ certificate: certificate({ notBefore: new Date(now.getTime() + DAY) }) })),
  ],
  [
    'credentials/damaged-enrolment',
    () => file(pem({ enrolment: toPem(ENROLMENT_LABEL, Buffer.from('{"format":2}')) })),
  ],
  ['credentials/damaged-enrolment', () => file(pem({ enrolment: toPem(ENROLMENT_LABEL, Buffer.from('{"for')) }))],
  ['credentials/damaged-enrolment', () => file(pem({ enrolment: blockWith({ instructionKey: 'AAAA' }) }))],
  ['credentials/damaged-enrolment', () => file(pem({ enrolment: blockWith({ instructionKey: ecKey() }) }))],
  ['credentials/damaged-enrolment', () => file(pem({ enrolment: blockWith({ instructionKey: undefined }) }))],
  ['credentials/not-https', () => file(pem({ enrolment: blockWith({ urls: ['http://10.0.0.1:8443'] }) }))],
  ['credentials/not-https', () => file(pem({ enrolment: blockWith({ urls: [...enrolment.urls, 'ftp://10.0.0.1'] }) }))],
  [
    'credentials/foreign-enrolment',
    () => file(pem({ enrolment: blockWith({ cluster: { id: 'c-bbbbbbbbbb', name: 'demo' } }) })),
  ],
  ['credentials/foreign-enrolment', () => file(pem({ certificate: certificate({ commonName: 'c-bbbbbbbbbb' }) }))],
]

test.each(table.map((row, index) => [index, ...row] as const))('%i: %s', async (_, code, creds, secret, owner) => {
  const error = await failure(creds(), secret ? secret() : file(passphrase), view(owner))
  expect(error.code).toBe(code)
  expect(error.kind).toBe('invalid')
  expect(error.fix).not.toBe('')
  expect(error.message + error.fix).not.toMatch(/horse|PRIVATE KEY-----/)
})
