/** The web console: its files, and how browsers sign in to it. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import { type Answer, adminOf, call } from '../support/controller/client.ts'
import { listen } from '../support/controller/listen.ts'
import { runController } from '../support/controller/process.ts'
import { waitFor } from '../support/wait-for.ts'

const PASSWORD = 'correct horse battery'
const MINUTE_MS = 60_000
const PAGE = Buffer.from('<!doctype html><title>Console</title>'.repeat(50))
const SCRIPT = Buffer.from('export {}\n')

let dataDirectory: string
let controller: Controller
let ca: string
let aheadMs = 0
const logged: string[] = []

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    log: (line) => void logged.push(line),
    tickMs: 600_000,
    consoleAssets: new Map([
      ['index.html', PAGE],
      ['index.html.gz', gzipSync(PAGE)],
      ['index.html.br', brotliCompressSync(PAGE)],
      ['assets/index-d41d8c.js', SCRIPT],
    ]),
  })
  ca = adminOf(controller).ca
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})
beforeEach(() => {
  aheadMs = 0
})

const without = (method: string, path: string, json?: unknown, headers = {}) =>
  call(controller.url, { ca }, method, path, json, headers)
const asAdmin = (method: string, path: string, json?: unknown) =>
  call(controller.url, adminOf(controller), method, path, json)
const outcome = ({ status, json }: Answer) => (status < 400 ? `${status}` : `${status} ${json.code}`)

test('a browser that opens the controller gets to the page of the console, whatever the path of the page is', async () => {
  const html = { accept: 'text/html,*/*' }
  for (const path of ['/', '/console']) {
    const { status, headers } = await without('GET', path, undefined, html)
    expect([status, headers.location]).toEqual([302, '/console/'])
  }
  expect(outcome(await without('GET', '/'))).toBe('404 path/unknown')
  for (const path of [
    '/console/',
    '/console/index.html',
    '/console/clusters/demo',
    '/console/v1.36/nodes',
    `/console/${'.'.repeat(4_000)}/`,
    '/console/login?x=1',
  ]) {
    const page = await without('GET', path)
    expect([page.status, page.text, page.headers['cache-control']]).toEqual([200, PAGE.toString(), 'no-cache'])
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  }
})

test('files are sent in the best form that the client accepts, once', async () => {
  const get = (encoding: string, more = {}) =>
    without('GET', '/console/', undefined, { 'accept-encoding': encoding, ...more })
  const brotli = await get('gzip, deflate, br')
  expect(brotli.headers['content-encoding']).toBe('br')
  expect(Buffer.from(brotli.text, 'latin1')).toEqual(brotliCompressSync(PAGE))
  const gzip = await get('gzip;q=0.5, br;q=0')
  expect([gzip.headers['content-encoding'], gzip.headers.vary]).toEqual(['gzip', 'accept-encoding'])
  const etag = gzip.headers.etag ?? ''
  expect(etag).not.toBe(brotli.headers.etag)
  expect(outcome(await get('gzip', { 'if-none-match': etag }))).toBe('304')
  expect(outcome(await get('br', { 'if-none-match': etag }))).toBe('200')
  const script = await without('GET', '/console/assets/index-d41d8c.js', undefined, { 'accept-encoding': 'br' })
  expect(script.headers['content-encoding']).toBeUndefined()
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  const head = await without('HEAD', '/console/assets/index-d41d8c.js')
  expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(SCRIPT.length)])
})

test.each([
  '/console/assets/other.js',
  '/console/index.html.gz',
  '/console/..%2fadmin.json',
  '/console/%2e%2e/admin.json',
  '/console/assets/..%5c..%5cadmin.json',
  '/console/__proto__.js',
  '/console//etc/passwd.txt',
])('no other file is sent: %s', async (path) => {
  expect(outcome(await without('GET', path))).toBe('404 path/unknown')
})

const cookieOf = ({ headers }: Answer) => String(headers['set-cookie']).split(';')[0] ?? ''

/** What a page of the console does after it got the session. */
function browserOf(begun: Answer) {
  const headers = { cookie: cookieOf(begun), 'x-csrf-token': begun.json.csrf }
  return (method: string, path: string, json?: unknown) => without(method, path, json, headers)
}
const signIn = (token: string) => without('POST', '/v1/login/token', { token })
const clusterBody = (name: string) => ({ name, settings: {}, csr: buildCsr(createKeyPair().privateKey, 'x') })
const codeOf = async (answer: Promise<Answer>): Promise<string> => (await answer).json.code
const newAccount = (name: string, role = 'operator') =>
  asAdmin('POST', '/v1/accounts', { name, password: PASSWORD, grants: [{ role, project: null }] })

test('an administrator signs in to a browser with a code, once, and acts as the administrator', async () => {
  const created = await asAdmin('POST', '/v1/login/codes', {})
  const { code, url, name } = created.json
  expect([name, url]).toEqual(['administrator:local', `${controller.publicUrls[0]}/console/login#code=${code}`])
  const begun = await signIn(code)
  expect(begun.headers['set-cookie']?.[0]).toMatch(
    /^__Host-cantrip-session=cantrip-session_[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  )
  expect(outcome(await signIn(code))).toBe('403 login/lapsed')
  const browse = browserOf(begun)
  expect((await browse('GET', '/v1/session')).json).toMatchObject({
    ...{ kind: 'administrator', name: 'local', grants: [{ role: 'admin', project: null }], csrf: begun.json.csrf },
    session: { name: 'administrator:local', kind: 'cookie' },
  })
  expect(outcome(await browse('POST', '/v1/clusters', clusterBody('by-link')))).toBe('200')
  const { id } = (await browse('GET', '/v1/session')).json.session
  const { entries } = (await asAdmin('GET', '/v1/audit?who=local')).json
  const byAction = (action: string) => entries.filter((each: { action: string }) => each.action === action)
  expect(byAction('signInWithSecret')).toMatchObject([{ who: { kind: 'administrator', name: 'local', id } }])
  expect(byAction('createCluster')).toMatchObject([{ who: { kind: 'administrator', name: 'local', id } }])
  expect(JSON.stringify(entries)).not.toContain(code)
  expect(logged.join('\n')).not.toContain(code)
  expect((await asAdmin('GET', '/v1/records')).text).not.toContain(code)
})

test('of several browsers with one code, one signs in', async () => {
  const code = await codeOf(asAdmin('POST', '/v1/login/codes', {}))
  const found = await Promise.all(Array.from({ length: 8 }, () => signIn(code)))
  expect(found.map(outcome).sort()).toEqual(['200', ...Array(7).fill('403 login/lapsed')])
})

test('a code is no session and no token, and lapses after 5 minutes', async () => {
  const code = await codeOf(asAdmin('POST', '/v1/login/codes', {}))
  const ask = (headers: object) => without('GET', '/v1/session', undefined, headers)
  expect(outcome(await ask({ cookie: `__Host-cantrip-session=${code}` }))).toBe('401 session/ended')
  expect(outcome(await ask({ authorization: `Bearer ${code}` }))).toBe('401 token/invalid')
  expect(outcome(await without('GET', `/console/login?code=${code}`))).toBe('400 request/secret-in-url')
  aheadMs = 5 * MINUTE_MS
  expect(outcome(await signIn(code))).toBe('403 login/lapsed')
})

test('a code for an account is created by an administrator, and ends with the account', async () => {
  await newAccount('olga')
  await newAccount('vera', 'viewer')
  const begun = await signIn(await codeOf(asAdmin('POST', '/v1/login/codes', { person: 'olga' })))
  const browse = browserOf(begun)
  expect((await browse('GET', '/v1/session')).json).toMatchObject({ kind: 'account', name: 'olga' })
  expect(outcome(await browse('POST', '/v1/login/codes', { person: 'vera' }))).toBe('403 identity/not-permitted')
  expect(outcome(await asAdmin('POST', '/v1/login/codes', { person: 'nobody' }))).toBe('404 account/unknown')
  const code = await codeOf(browse('POST', '/v1/login/codes', {}))
  await asAdmin('POST', '/v1/accounts/olga', { disabled: true })
  expect(outcome(await signIn(code))).toBe('403 login/lapsed')
  expect(outcome(await browse('GET', '/v1/session'))).toBe('401 session/ended')
})

test('a session that began with a code of another one lasts no longer than that', async () => {
  await newAccount('paul')
  const first = await without('POST', '/v1/sessions', { name: 'paul', password: PASSWORD })
  aheadMs = 25 * MINUTE_MS
  const second = await signIn(await codeOf(browserOf(first)('POST', '/v1/login/codes', {})))
  expect(second.json.expiresAt).toBe(first.json.expiresAt)
})

test('a code ends with the session that created it, also one for another person', async () => {
  await newAccount('quentin', 'admin')
  await newAccount('rosa')
  const first = await without('POST', '/v1/sessions', { name: 'quentin', password: PASSWORD })
  const other = await without('POST', '/v1/sessions', { name: 'quentin', password: PASSWORD })
  const browse = browserOf(first)
  const codes = [
    await codeOf(browse('POST', '/v1/login/codes', {})),
    await codeOf(browse('POST', '/v1/login/codes', { person: 'rosa' })),
  ]
  const ofOther = await codeOf(browserOf(other)('POST', '/v1/login/codes', {}))
  const { id } = (await browse('GET', '/v1/session')).json.session
  expect(outcome(await asAdmin('DELETE', `/v1/sessions/${id}`))).toBe('200')
  for (const code of codes) expect(outcome(await signIn(code))).toBe('403 login/lapsed')
  expect(outcome(await signIn(ofOther))).toBe('200')
})

test('a session is in use as long as a page of it follows the events', async () => {
  await newAccount('sven')
  const begun = await without('POST', '/v1/sessions', { name: 'sven', password: PASSWORD })
  const cookie = cookieOf(begun)
  const lastUsed = async () =>
    (await asAdmin('GET', '/v1/sessions')).json.find((each: { name: string }) => each.name === 'sven')?.lastUsedAt
  const stream = await listen({ ca }, `${controller.url}/v1/events`, { cookie })
  const before = await lastUsed()
  for (aheadMs = 0; aheadMs < 60 * MINUTE_MS; ) {
    aheadMs += 20 * MINUTE_MS
    const at = aheadMs
    await waitFor(
      'the use to be noted',
      async () => Date.parse(await lastUsed()) - Date.parse(before) >= at || undefined,
    )
  }
  stream.close()
  expect(outcome(await without('GET', '/v1/session', undefined, { cookie }))).toBe('200')
  aheadMs += 31 * MINUTE_MS
  expect(outcome(await without('GET', '/v1/session', undefined, { cookie }))).toBe('401 session/ended')
})

test('a browser signs in with an API token, has its roles, and is signed out with it', async () => {
  const grants = [{ role: 'viewer', project: null }]
  const { secret } = (await asAdmin('POST', '/v1/tokens', { name: 'tablet', grants })).json
  const begun = await signIn(secret)
  const browse = browserOf(begun)
  expect(begun.json).toMatchObject({ name: 'token:tablet', grants })
  expect((await browse('GET', '/v1/session')).json).toMatchObject({ kind: 'token', name: 'tablet', grants })
  expect(outcome(await browse('POST', '/v1/clusters', clusterBody('no')))).toBe('403 identity/not-permitted')
  expect((await browse('GET', '/v1/sessions')).json).toMatchObject([{ name: 'token:tablet', kind: 'cookie' }])
  await asAdmin('DELETE', '/v1/tokens/tablet')
  expect(outcome(await browse('GET', '/v1/session'))).toBe('401 token/invalid')
  expect(outcome(await signIn(secret))).toBe('401 token/invalid')
  expect(outcome(await signIn(`cantrip_${createHash('sha256').update('guess').digest('base64url')}`))).toBe(
    '401 token/invalid',
  )
})

test("a session of an administrator ends with the administrator's certificate", async () => {
  const { privateKey } = createKeyPair()
  const { json } = await asAdmin('POST', '/v1/administrators', { name: 'eve', csr: buildCsr(privateKey, 'x') })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const asEve = { ca, cert: json.certificate, key }
  const ask = () => codeOf(call(controller.url, asEve, 'POST', '/v1/login/codes', {}))
  const [used, unused] = [await ask(), await ask()]
  const browse = browserOf(await signIn(used))
  expect(outcome(await browse('GET', '/v1/clusters'))).toBe('200')
  await asAdmin('DELETE', '/v1/administrators/eve')
  expect(outcome(await browse('GET', '/v1/clusters'))).toBe('401 session/ended')
  expect(outcome(await signIn(unused))).toBe('401 session/ended')
})

test('what changes something needs the token of the page, and comes from a page of the controller', async () => {
  await newAccount('nina')
  const begun = await signIn(await codeOf(asAdmin('POST', '/v1/login/codes', { person: 'nina' })))
  const cookie = cookieOf(begun)
  const create = (headers: object) => without('POST', '/v1/clusters', clusterBody('nina'), { cookie, ...headers })
  expect(outcome(await create({}))).toBe('403 session/csrf')
  const csrf = { 'x-csrf-token': begun.json.csrf }
  expect(outcome(await create({ ...csrf, origin: 'https://evil.example' }))).toBe('403 request/other-origin')
  expect(outcome(await create({ ...csrf, origin: controller.url }))).toBe('200')
  const ended = await without('DELETE', '/v1/sessions/current', undefined, { cookie, ...csrf })
  expect(ended.headers['set-cookie']?.[0]).toMatch(/^__Host-cantrip-session=; .*Max-Age=0$/)
  expect(outcome(await without('GET', '/v1/session', undefined, { cookie }))).toBe('401 session/ended')
})

test('the command prints a link alone to standard output', async () => {
  const link = await runController(['console', 'link', '--admin', controller.adminFile])
  expect(link.err).toMatch(/^Signs in as administrator:local, once, until /)
  const { protocol, host, pathname, hash } = new URL(link.out)
  expect(`${protocol}//${host}${pathname}`).toBe(`${controller.publicUrls[0]}/console/login`)
  expect(outcome(await signIn(hash.trim().replace('#code=', '')))).toBe('200')
  const json = await runController(['console', 'link', '--admin', controller.adminFile, '-o', 'json'])
  expect(JSON.parse(json.out)).toMatchObject({ name: 'administrator:local', url: expect.stringContaining('#code=') })
})

test('says whether there is an OIDC provider', async () => {
  expect((await without('GET', '/v1/login')).json).toEqual({ oidc: false })
})

test('a controller without the console gives no link to it', async () => {
  const other = await startController({
    dataDirectory: mkdtempSync(join(dataDirectory, 'without-')),
    listen: { host: '127.0.0.1', port: 0 },
  })
  try {
    const created = await call(other.url, adminOf(other), 'POST', '/v1/login/codes', {})
    expect(outcome(created)).toBe('404 console/none')
  } finally {
    await other.close()
  }
})
