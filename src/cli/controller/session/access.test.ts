import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCa, issueCertificate } from '../../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../../pki/key.ts'
import { loginDirectory, removeLogin, saveLogin } from '../login/saved-logins.ts'
import { readAccess } from './access.ts'

const NOW = new Date('2026-06-01T00:00:00Z')
const [A, B] = ['https://a.example:8443', 'https://b.example:8443']

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'home-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const read = (environment: NodeJS.ProcessEnv = {}, option?: string) =>
  readAccess(option, { environment, home, now: () => NOW })

function signIn(url: string, signedInAt: string, expiresAt = '2026-06-01T08:00:00Z'): void {
  saveLogin({ url, ca: 'CA', token: `token of ${url}`, name: 'alice', signedInAt, expiresAt }, loginDirectory(home))
}

function adminFile(name: string): string {
  const ca = createCa({ commonName: 'ca', days: 1, now: new Date() })
  const { publicKey, privateKey } = createKeyPair()
  const order = { ca, publicKey, commonName: 'admin', usages: ['clientAuth'] as const, notBefore: new Date(), days: 1 }
  const path = join(home, name)
  const content = {
    url: `https://${name}`,
    ca: ca.certificate,
    certificate: issueCertificate(order),
    key: keyToPem(privateKey),
  }
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
  return path
}

test('each place comes before the next', async () => {
  const [given, named] = [adminFile('given'), adminFile('named')]
  adminFile('.config/cantrip/admin.json')
  signIn(A, '2026-05-31T10:00:00Z')
  signIn(B, '2026-05-31T11:00:00Z')
  const token = { CANTRIP_TOKEN: 't', CANTRIP_URL: 'c.example:8443' }
  const all = { ...token, CANTRIP_ADMIN: named }
  expect(await read(all, given)).toMatchObject({ url: 'https://given' })
  expect(await read(all)).toEqual({ url: 'https://c.example:8443', ca: undefined, token: 't', from: 'environment' })
  expect(await read({ CANTRIP_ADMIN: named, CANTRIP_URL: A })).toMatchObject({ url: 'https://named' })
  expect(await read({ CANTRIP_URL: A })).toEqual({ url: A, ca: 'CA', token: `token of ${A}`, from: 'login' })
  expect(await read()).toMatchObject({ url: B })
  removeLogin(B, loginDirectory(home))
  expect(await read()).toMatchObject({ url: A })
  removeLogin(A, loginDirectory(home))
  expect(await read()).toMatchObject({ url: 'https://.config/cantrip/admin.json' })
})

test('an access file whose certificate has expired says so, and what to do', async () => {
  const path = adminFile('late')
  const late = { environment: {}, home, now: () => new Date(Date.now() + 2 * 86_400_000) }
  const expired = {
    code: 'admin/expired',
    message: expect.stringContaining(`the certificate in ${path} expired at 20`),
  }
  await expect(readAccess(path, late)).rejects.toMatchObject(expired)
  expect(await read({}, path)).toMatchObject({ url: 'https://late' })
})

test('a login that has expired is not replaced by another identity', async () => {
  adminFile('.config/cantrip/admin.json')
  signIn(A, '2026-05-30T10:00:00Z', '2026-05-31T00:00:00Z')
  const ended = { code: 'login/ended', kind: 'refused', fix: `controller login ${A}` }
  await expect(read()).rejects.toMatchObject(ended)
  await expect(read({ CANTRIP_URL: A })).rejects.toMatchObject(ended)
})

test.each<[NodeJS.ProcessEnv, string]>([
  [{ CANTRIP_TOKEN: 't' }, 'login/no-url'],
  [{ CANTRIP_TOKEN: 't', CANTRIP_URL: 'http://a.example' }, 'login/bad-url'],
  [{ CANTRIP_TOKEN: 't', CANTRIP_URL: `${A}/v1` }, 'login/bad-url'],
  [{ CANTRIP_TOKEN: 't', CANTRIP_URL: A, CANTRIP_CA: '/nonexistent/ca' }, 'ca-file/missing'],
  [{ CANTRIP_URL: B }, 'login/none'],
  [{}, 'admin/missing'],
])('with %j: %s', async (environment, code) => {
  await expect(read(environment)).rejects.toMatchObject({ code })
})

test('one file for each controller, which only its owner can read, and no other file', async () => {
  signIn(A, '2026-05-31T10:00:00Z')
  signIn(A, '2026-05-31T12:00:00Z')
  signIn('https://[::1]:8443', '2026-05-31T10:00:00Z')
  const directory = loginDirectory(home)
  expect(readdirSync(directory).sort()).toEqual(['___1__8443.json', 'a.example_8443.json'])
  expect(statSync(join(directory, 'a.example_8443.json')).mode & 0o777).toBe(0o600)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(readFileSync(join(directory, 'a.example_8443.json'), 'utf8')).toContain('2026-05-31T12:00:00Z')
  writeFileSync(join(directory, 'a.example_8443.json'), '{')
  await expect(read({ CANTRIP_URL: A })).rejects.toMatchObject({ code: 'login/damaged' })
})
