import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminOf, call } from '../support/controller/client.ts'
import { type ControllerProcess, runController, serveController } from '../support/controller/process.ts'
import { openBrowser } from '../support/oidc/browser.ts'
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from '../support/oidc/start-provider.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'
import { waitFor } from '../support/wait-for.ts'

const USERS = { alice: { groups: ['platform', 'staff'] }, bob: { groups: ['sales'] }, vera: { groups: ['staff'] } }

let directory: string
let provider: TestProvider
let controller: ControllerProcess
let ca: string
let fingerprint: string
let home: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'login-'))
  const port = await freePort()
  provider = await startProvider({ redirectUris: [`https://127.0.0.1:${port}/v1/login/oidc/callback`], users: USERS })
  const [secretFile, caFile] = [join(directory, 'secret'), join(directory, 'provider.crt')]
  writeFileSync(secretFile, `${CLIENT_SECRET}\n`, { mode: 0o600 })
  writeFileSync(caFile, provider.ca, { mode: 0o600 })
  const flags = [
    ...[
      '--public-url',
      `https://127.0.0.1:${port}`,
      '--oidc-issuer-url',
      provider.issuer,
      '--oidc-client-id',
      CLIENT_ID,
    ],
    ...['--oidc-client-secret-file', secretFile, '--oidc-ca-file', caFile],
    ...['--oidc-grant', 'platform=admin', '--oidc-grant', 'staff=viewer'],
  ]
  // The provider is away at the start: nobody asks it.
  const { port: ofProvider } = provider
  await provider.close()
  controller = await serveController(join(directory, 'data'), flags, { port })
  ca = adminOf(controller).ca
  const status = await runController(['ca', 'status', '-o', 'json', '--admin', controller.adminFile])
  fingerprint = JSON.parse(status.out).authorities[0].fingerprint
  expect((await openBrowser([ca]).send(`${controller.url}/v1/login/oidc`)).text).toContain('oidc/unreachable')
  provider = await startProvider({
    ...{ port: ofProvider, users: USERS },
    redirectUris: [`https://127.0.0.1:${port}/v1/login/oidc/callback`],
  })
  writeFileSync(caFile, provider.ca)
})
afterAll(async () => {
  await controller?.end('SIGTERM')
  await provider?.close()
  rmSync(directory, { recursive: true })
})
beforeEach(() => {
  home = mkdtempSync(join(directory, 'home-'))
  provider.user = 'alice'
  // Nobody has to wait for 5 s.
  provider.rewrite = (path, json) => (path === '/device/auth' ? { ...json, interval: 1 } : json)
})
afterEach(() => {
  // Codes, tokens and secrets are in no log.
  expect(controller.output()).not.toMatch(/code=|state=|eyJ/)
  expect(controller.output()).not.toContain(CLIENT_SECRET)
})

async function freePort(): Promise<number> {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  return port
}

const browse = () => openBrowser([ca, provider.ca])
const cli = (...argv: string[]) => runController(argv, { HOME: home })

/** `controller login`, with a person who does what it prints. */
async function signIn(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(
    process.execPath,
    [CONTROLLER, 'login', controller.url, '--ca-fingerprint', fingerprint, ...argv],
    {
      env: programEnvironment({ HOME: home }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const ended = once(child, 'close')
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const url = await waitFor('the code', () => /or open (\S+)/.exec(err)?.[1], { details: () => err })
  const browser = browse()
  const page = await browser.submit(await browser.open(url))
  if (page.text.includes('op.deviceConfirmForm')) await browser.submit(page, { confirm: 'yes' })
  const [code] = await ended
  return { code, out, err }
}

const files = () =>
  readdirSync(join(home, '.config/cantrip/logins')).map((name) => join(home, '.config/cantrip/logins', name))

test('a browser: redirect, login, session, and no second time', async () => {
  const browser = browse()
  const answered = await browser.open(`${controller.url}/v1/login/oidc`, `${controller.url}/v1/login/oidc/callback`)
  const callback = answered.location ?? ''
  const page = await browser.send(callback)
  expect(page).toMatchObject({ status: 200, location: undefined, text: expect.stringContaining('oidc:alice') })
  const own = page.setCookies.find((each) => each.startsWith('__Host-cantrip-session='))
  expect(own).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Strict/)
  expect((await browser.send(`${controller.url}/v1/clusters`)).status).toBe(200)
  expect((await browser.send(callback)).text).toContain('login/other-browser')
  // Another browser that got hold of the address.
  const stolen = browse()
  expect(await stolen.send(callback)).toMatchObject({ status: 403, setCookies: [] })
  expect((await stolen.send(`${controller.url}/v1/clusters`)).status).toBe(401)
})

test('a browser goes only to the provider and to the configured URL', async () => {
  const elsewhere = await browse().send(
    `${controller.url.replace('127.0.0.1', 'localhost')}/v1/login/oidc?next=https://x.example`,
  )
  expect(elsewhere).toMatchObject({ location: `${controller.url}/v1/login/oidc`, setCookies: [] })
  const { location, setCookies } = await browse().send(`${controller.url}/v1/login/oidc?redirect_uri=https://x.example`)
  expect(location).toMatch(new RegExp(`^${provider.issuer}/auth\\?`))
  expect(location).not.toContain('x.example')
  expect(setCookies).toEqual([
    expect.stringMatching(/^__Host-cantrip-login=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/),
  ])
  const { headers } = await call(
    controller.url,
    { ca, servername: 'localhost' } as never,
    'GET',
    '/v1/login/oidc',
    undefined,
    {
      host: 'x.example',
    },
  )
  expect(headers.location).toBe(`${controller.url}/v1/login/oidc`)
})

test('a browser of a user without a role gets a page that names the groups', async () => {
  provider.user = 'bob'
  const page = await browse().open(`${controller.url}/v1/login/oidc`)
  expect(page).toMatchObject({ status: 403, text: expect.stringContaining('found the groups &quot;sales&quot;') })
  expect(page.setCookies.filter((each) => each.includes('session'))).toEqual([])
})

test('controller login, whoami, commands, logout', async () => {
  const login = await signIn()
  expect(login).toMatchObject({ code: 0, out: expect.stringContaining('as oidc:alice until') })
  const [file = ''] = files()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const { token } = JSON.parse(readFileSync(file, 'utf8'))
  expect(`${login.out}${login.err}`).not.toContain(token)
  const me = await cli('whoami', '-o', 'json')
  expect(JSON.parse(me.out)).toMatchObject({ name: 'oidc:alice', url: controller.url })
  expect((await cli('whoami')).out).toMatch(/oidc:alice[\s\S]*admin/)
  expect((await cli('cluster', 'create', 'of-alice', '--output', home)).code).toBe(0)
  // The same session, as a program uses it.
  const caFile = join(home, 'ca.crt')
  writeFileSync(caFile, ca, { mode: 0o600 })
  const environment = { CANTRIP_URL: controller.url, CANTRIP_CA: caFile }
  const listed = await runController(['cluster', 'list'], { ...environment, CANTRIP_TOKEN: token })
  expect(listed.out).toContain('of-alice')
  expect(await cli('logout')).toMatchObject({ code: 0, out: expect.stringContaining(controller.url) })
  expect(files()).toEqual([])
  const refused = await runController(['cluster', 'list'], { ...environment, CANTRIP_TOKEN: token })
  expect(refused).toMatchObject({ code: 7, err: expect.stringContaining('login/token-refused') })
})

test('a login of a viewer can view; a user without a role learns why', async () => {
  provider.user = 'vera'
  expect(await signIn()).toMatchObject({ code: 0 })
  expect((await cli('cluster', 'list')).code).toBe(0)
  expect(await cli('cluster', 'create', 'x')).toMatchObject({ code: 7, err: expect.stringContaining('not-permitted') })
  provider.user = 'bob'
  expect(await signIn()).toMatchObject({ code: 7, err: expect.stringContaining('found the groups "sales"') })
})

test('a local account: the password from a file, a wrong one, and none', async () => {
  const account = { name: 'carl', password: 'a long password of carl', grants: [{ role: 'viewer', project: null }] }
  expect((await call(controller.url, adminOf(controller), 'POST', '/v1/accounts', account)).status).toBe(200)
  const file = join(home, 'password')
  writeFileSync(file, `${account.password}\n`, { mode: 0o600 })
  const at = ['login', controller.url, '--ca-fingerprint', fingerprint]
  const signedIn = await cli(...at, '--username', 'carl', '--password-file', file)
  expect(signedIn).toMatchObject({ code: 0, out: expect.stringMatching(/as carl until .*: viewer\./) })
  expect((await cli('whoami')).out).toContain('carl')
  writeFileSync(file, 'a wrong password of carl', { mode: 0o600 })
  const wrong = await cli(...at, '--username', 'carl', '--password-file', file)
  expect(wrong).toMatchObject({ code: 7, err: expect.stringContaining('session/wrong-password') })
  expect(wrong.err).not.toContain('a wrong password')
  expect(await cli(...at, '--username', 'carl')).toMatchObject({
    code: 2,
    err: expect.stringContaining('login/no-password'),
  })
})

test('a changed password gives the saved login another secret, and a session in the environment prints it', async () => {
  const account = { name: 'dora', password: 'correct horse battery', grants: [{ role: 'viewer', project: null }] }
  expect((await call(controller.url, adminOf(controller), 'POST', '/v1/accounts', account)).status).toBe(200)
  const [present, next] = [join(home, 'present'), join(home, 'next')]
  writeFileSync(present, `${account.password}\n`, { mode: 0o600 })
  writeFileSync(next, 'battery horse correct\n', { mode: 0o600 })
  const at = [
    'login',
    controller.url,
    '--ca-fingerprint',
    fingerprint,
    '--username',
    'dora',
    '--password-file',
    present,
  ]
  expect((await cli(...at)).code).toBe(0)
  const saved = () => JSON.parse(readFileSync(files()[0] ?? '', 'utf8'))
  const before = saved()
  const change = (from: string, to: string) => [
    'account',
    'password',
    '--present-password-file',
    from,
    '--password-file',
    to,
  ]
  const changed = await cli(...change(present, next))
  expect(changed).toMatchObject({ code: 0, out: 'Account dora has a new password. Its other sessions have ended.\n' })
  expect((await cli('whoami')).out).toContain('dora')
  expect(saved()).toEqual({ ...before, token: expect.not.stringMatching(before.token) })
  const caFile = join(home, 'ca.crt')
  writeFileSync(caFile, ca)
  const environment = { CANTRIP_URL: controller.url, CANTRIP_CA: caFile }
  const copy = await runController(['whoami'], { ...environment, CANTRIP_TOKEN: before.token })
  expect(copy.err).toContain('login/token-refused')
  const { token } = saved()
  const printed = await runController(change(next, present), { ...environment, CANTRIP_TOKEN: token })
  const [, secret = ''] = /for CANTRIP_TOKEN: (\S+)\n/.exec(printed.out) ?? []
  expect((await runController(['whoami'], { ...environment, CANTRIP_TOKEN: secret })).out).toContain('dora')
})

test('a session that was revoked: one error, with the command that fixes it', async () => {
  await signIn()
  const [file = ''] = files()
  const saved = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...saved, token: `${saved.token.slice(0, -4)}AAAA` }))
  const ended = { code: 7, err: expect.stringMatching(/login\/ended\)\n {4}fix: controller login https:/) }
  expect(await cli('cluster', 'list')).toMatchObject(ended)
  writeFileSync(file, JSON.stringify({ ...saved, expiresAt: '2026-01-01T00:00:00.000Z' }))
  expect(await cli('whoami')).toMatchObject(ended)
})

test('trusts no server that it does not know', async () => {
  expect(await cli('login', controller.url)).toMatchObject({ code: 2, err: expect.stringContaining('login/untrusted') })
  const other = fingerprint.replace(/^../, 'AA').replace(/..$/, 'BB')
  expect(await cli('login', controller.url, '--ca-fingerprint', other)).toMatchObject({
    ...{ code: 7, err: expect.stringContaining('login/other-ca') },
  })
  // Nobody listens.
  expect((await cli('login', `https://127.0.0.1:${await freePort()}`)).code).toBe(6)
})

test('the secret is in no argument and no file of the controller', () => {
  const inFiles = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const found = join(path, entry.name)
      if (entry.isDirectory()) return inFiles(found)
      return readFileSync(found, 'latin1').includes(CLIENT_SECRET) ? [found] : []
    })
  expect(inFiles(join(directory, 'data'))).toEqual([])
})
