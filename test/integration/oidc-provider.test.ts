import { afterEach, expect, test, vi } from 'vitest'
import { Secret } from '../../src/base/text/secret.ts'
import { beginCodeFlow, completeCodeFlow } from '../../src/controller/access/oidc/code-flow.ts'
import { openDeviceFlow, PENDING_LOGINS_PER_ADDRESS } from '../../src/controller/access/oidc/device-flow.ts'
import { openOidc } from '../../src/controller/access/oidc/oidc.ts'
import { openProvider } from '../../src/controller/access/oidc/provider.ts'
import type { OidcSettings } from '../../src/controller/access/oidc/settings.ts'
import { openBrowser } from '../support/oidc/browser.ts'
import { claimsIn, forgeToken, signingKey } from '../support/oidc/id-token.ts'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type ProviderOptions,
  startProvider,
  type TestProvider,
} from '../support/oidc/start-provider.ts'

const CALLBACK = 'https://127.0.0.1:1/v1/login/oidc/callback'
const opened: TestProvider[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(opened.splice(0).map((each) => each.close()))
})

async function scene(options: ProviderOptions = {}, more: Partial<OidcSettings> = {}) {
  const provider = await startProvider(options)
  opened.push(provider)
  const settings: OidcSettings = {
    ...{ issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: new Secret(CLIENT_SECRET), ca: provider.ca },
    ...{ groupsClaim: 'groups', scopes: [], grants: [{ group: 'admins', role: 'admin', project: null }] },
    ...more,
  }
  const now = () => new Date()
  const oidc = { settings, withProvider: openProvider(settings, { now }) }
  /** Signs in with a browser up to the callback, which is the test. */
  const approach = async () => {
    const begun = await beginCodeFlow(oidc.withProvider, CALLBACK)
    const page = await openBrowser([provider.ca]).open(begun.url, CALLBACK)
    return { ...begun, answer: new URL(page.location ?? page.url).searchParams }
  }
  const complete = ({ answer, cookie }: { answer: URLSearchParams; cookie: string | undefined }) =>
    completeCodeFlow(oidc, CALLBACK, answer, cookie)
  return { provider, settings, oidc, approach, complete, signIn: async () => complete(await approach()) }
}

/** The provider's ID token with other claims, signed with its key. */
const withClaims = (provider: TestProvider, change: object) => (path: string, json: Record<string, unknown>) =>
  path === '/token' ? { ...json, id_token: forgeToken({ ...claimsIn(json.id_token), ...change }, provider.key) } : json

const ALICE = { name: 'oidc:alice', subject: 'alice', grants: [{ role: 'admin', project: null }] }

test('the code flow: name and roles of the user, with and without a secret of the client', async () => {
  const { signIn, provider } = await scene()
  expect(await signIn()).toEqual({ ...ALICE, issuer: provider.issuer })
  const open = await scene({ isPublic: true }, { clientSecret: undefined })
  expect(await open.signIn()).toMatchObject(ALICE)
})

test('an address without a login makes the controller ask the provider for few codes', async () => {
  const { settings, provider } = await scene()
  const oidc = openOidc(settings, { now: () => new Date(), browserOrigin: () => 'https://127.0.0.1:1' })
  const { cookie } = await oidc.begin()
  const answer = new URLSearchParams({ state: cookie.split('.')[0] ?? '', code: 'guess', iss: provider.issuer })
  const codes: string[] = []
  for (let each = 0; each < 40; each++) {
    await oidc.complete(answer, cookie, '10.0.0.1').catch(({ code }: { code: string }) => codes.push(code))
  }
  const limited = codes.filter((each) => each === 'limit/logins').length
  expect(new Set(codes)).toEqual(new Set(['login/lapsed', 'limit/logins']))
  expect(limited).toBeGreaterThan(0)
  expect(limited).toBeLessThanOrEqual(10)
  await expect(oidc.complete(answer, cookie, '10.0.0.2')).rejects.toMatchObject({ code: 'login/lapsed' })
})

test('asks for PKCE with S256, and only for scopes that the provider supports', async () => {
  const { oidc } = await scene({}, { scopes: ['openid', 'urn:roles'] })
  const { url } = await beginCodeFlow(oidc.withProvider, CALLBACK)
  const asked = Object.fromEntries(new URL(url).searchParams)
  expect(asked).toMatchObject({ code_challenge_method: 'S256', redirect_uri: CALLBACK, response_type: 'code' })
  expect(asked.scope).toBe('openid profile email groups urn:roles')
})

test('takes groups and name from UserInfo if the ID token has none, and only of the same subject', async () => {
  const users = { u1: { preferred_username: 'alice', groups: ['admins'] } }
  const { signIn, provider } = await scene({ onlyUserInfo: true, users })
  provider.user = 'u1'
  expect(await signIn()).toMatchObject({ ...ALICE, subject: 'u1' })
  expect(provider.requests).toContain('GET /me')
  provider.rewrite = (path, json) => (path === '/me' ? { ...json, sub: 'mallory' } : json)
  await expect(signIn()).rejects.toMatchObject({ code: 'login/invalid-answer' })
})

const OTHER_KEY = signingKey()
test.each<[string, (provider: TestProvider, claims: object) => string, RegExp]>([
  ['of another audience', ({ key }, claims) => forgeToken({ ...claims, aud: 'other' }, key), /"aud"/],
  [
    'of another authorised party',
    ({ key }, claims) => forgeToken({ ...claims, aud: [CLIENT_ID, 'b'], azp: 'b' }, key),
    /"azp"/,
  ],
  ['with another nonce', ({ key }, claims) => forgeToken({ ...claims, nonce: 'other' }, key), /"nonce"/],
  ['without a nonce', ({ key }, claims) => forgeToken({ ...claims, nonce: undefined }, key), /"nonce"/],
  ['of another issuer', ({ key }, claims) => forgeToken({ ...claims, iss: 'https://other.example' }, key), /"iss"/],
  ['that has expired', ({ key }, claims) => forgeToken({ ...claims, exp: Date.now() / 1_000 - 90 }, key), /"exp"/],
  ['that is not signed', ({ key }, claims) => forgeToken(claims, key, 'none'), /"alg"/],
  ['signed with the public key as HMAC secret', ({ key }, claims) => forgeToken(claims, key, 'HS256'), /"alg"/],
  ['signed with another key', (_, claims) => forgeToken(claims, OTHER_KEY), /no applicable keys|key/],
  [
    'signed with another key of the same name',
    ({ key }, claims) => forgeToken(claims, { ...OTHER_KEY, jwk: key.jwk }),
    /signature/,
  ],
])('refuses an ID token %s', async (_, forge, reason) => {
  const { signIn, provider } = await scene()
  provider.rewrite = (path, json) =>
    path === '/token' ? { ...json, id_token: forge(provider, claimsIn(json.id_token)) } : json
  await expect(signIn()).rejects.toMatchObject({
    ...{ code: 'login/invalid-answer', kind: 'refused' },
    message: expect.stringMatching(reason),
  })
})

test('refuses HMAC also if the provider says that it signs with it', async () => {
  const { signIn, provider } = await scene()
  provider.rewrite = (path, json) => {
    if (path.startsWith('/.well-known')) return { ...json, id_token_signing_alg_values_supported: ['HS256', 'none'] }
    return path === '/token' ? { ...json, id_token: forgeToken(claimsIn(json.id_token), provider.key, 'HS256') } : json
  }
  await expect(signIn()).rejects.toMatchObject({ code: 'login/invalid-answer' })
  provider.rewrite = (path, json) => {
    if (path.startsWith('/.well-known')) return { ...json, id_token_signing_alg_values_supported: ['none'] }
    return path === '/token' ? { ...json, id_token: forgeToken(claimsIn(json.id_token), provider.key, 'none') } : json
  }
  await expect(signIn()).rejects.toMatchObject({ code: 'login/invalid-answer' })
})

test('tolerates a minute between the clocks', async () => {
  const { signIn, provider } = await scene()
  provider.rewrite = withClaims(provider, { exp: Math.floor(Date.now() / 1_000) - 30 })
  expect(await signIn()).toMatchObject(ALICE)
})

test('completes a login once, only in the browser that began it, and only with the answer of this issuer', async () => {
  const { approach, complete } = await scene()
  const login = await approach()
  const other = await approach()
  const elsewhere = { code: 'login/other-browser' }
  await expect(complete({ ...login, cookie: undefined })).rejects.toMatchObject(elsewhere)
  await expect(complete({ ...login, cookie: other.cookie })).rejects.toMatchObject(elsewhere)
  await expect(complete({ ...login, answer: new URLSearchParams({ code: 'x' }) })).rejects.toMatchObject(elsewhere)
  const foreign = new URLSearchParams(login.answer)
  foreign.set('iss', 'https://other.example')
  await expect(complete({ ...login, answer: foreign })).rejects.toMatchObject({
    ...{ code: 'login/invalid-answer', message: expect.stringContaining('"iss"') },
  })
  // The state of this browser with the code of another login: PKCE and nonce do not match.
  const mixed = new URLSearchParams(login.answer)
  mixed.set('code', other.answer.get('code') ?? '')
  await expect(complete({ ...login, answer: mixed })).rejects.toMatchObject({ code: 'login/lapsed' })
  expect(await complete(login)).toMatchObject(ALICE)
  // A browser that kept its cookie.
  await expect(complete(login)).rejects.toMatchObject({ code: 'login/lapsed' })
})

test('a user who says no', async () => {
  const { provider, signIn } = await scene()
  provider.user = undefined
  await expect(signIn()).rejects.toMatchObject({ code: 'login/denied' })
})

test('keys that are rotated: the new one is read, also within a minute at the second try', async () => {
  const { provider, signIn } = await scene()
  expect(await signIn()).toMatchObject(ALICE)
  provider.rotateKey()
  await expect(signIn()).rejects.toMatchObject({ code: 'login/invalid-answer' })
  expect(await signIn()).toMatchObject(ALICE)
  provider.rotateKey()
  const later = Date.now() + 61_000
  vi.spyOn(Date, 'now').mockImplementation(() => later)
  expect(await signIn()).toMatchObject(ALICE)
})

test('a provider that is down, is back, and is down in the middle of a login', async () => {
  const { provider, signIn, oidc, approach, complete } = await scene()
  const { port } = provider
  await provider.close()
  const down = { code: 'oidc/unreachable', message: expect.stringContaining('ECONNREFUSED') }
  await expect(signIn()).rejects.toMatchObject(down)
  await expect(openDeviceFlow(oidc, { now: () => new Date() }).begin('10.0.0.1')).rejects.toMatchObject(down)
  opened.splice(0)
  const again = await startProvider({ port })
  opened.push(again)
  const login = await approach()
  await again.close()
  opened.splice(0)
  await expect(complete(login)).rejects.toMatchObject({ code: 'oidc/unreachable' })
})

test('names a wrong CA, a wrong secret, a foreign issuer, and an answer that is too large', async () => {
  const wrongCa = await scene({}, { ca: undefined })
  await expect(wrongCa.signIn()).rejects.toMatchObject({
    ...{ code: 'oidc/unreachable', message: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/) },
  })
  const wrongSecret = await scene({}, { clientSecret: new Secret('another secret of a client') })
  const refused = await wrongSecret.signIn().catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'oidc/refused', message: expect.stringContaining('invalid_client') })
  expect(JSON.stringify(refused)).not.toContain('another secret')
  const foreign = await scene()
  foreign.provider.rewrite = (_, json) => ({ ...json, issuer: 'https://other.example' })
  await expect(foreign.signIn()).rejects.toMatchObject({ code: 'login/invalid-answer' })
  const large = await scene()
  large.provider.rewrite = (_, json) => ({ ...json, filling: 'x'.repeat(300 * 1024) })
  await expect(large.signIn()).rejects.toMatchObject({ code: 'oidc/unreachable' })
})

async function decideOnDevice(provider: TestProvider, url: string) {
  const browser = openBrowser([provider.ca])
  let page = await browser.open(url)
  page = await browser.submit(page)
  if (page.text.includes('op.deviceConfirmForm')) page = await browser.submit(page, { confirm: 'yes' })
  return page
}

test('the device flow: pending, then signed in, then no more; the provider is asked once an interval', async () => {
  const { provider, oidc } = await scene()
  let nowMs = Date.now()
  const flow = openDeviceFlow(oidc, { now: () => new Date(nowMs) })
  const begun = await flow.begin('10.0.0.1')
  expect(begun).toMatchObject({ url: `${provider.issuer}/device`, userCode: expect.stringMatching(/^\w{4}-\w{4}$/) })
  expect(await flow.poll(begun.login)).toBeUndefined()
  await decideOnDevice(provider, begun.completeUrl ?? '')
  const asked = () => provider.requests.filter((each) => each === 'POST /token').length
  const before = asked()
  expect(await flow.poll(begun.login)).toBeUndefined()
  expect(asked()).toBe(before)
  nowMs += begun.intervalSeconds * 1_000
  expect(await flow.poll(begun.login)).toMatchObject(ALICE)
  await expect(flow.poll(begun.login)).rejects.toMatchObject({ code: 'login/lapsed' })
})

test('the device flow: denied, expired, forged, unknown, and too many from one address', async () => {
  const { provider, oidc } = await scene()
  let nowMs = Date.now()
  const flow = openDeviceFlow(oidc, { now: () => new Date(nowMs) })
  const denied = await flow.begin('10.0.0.1')
  provider.user = undefined
  await decideOnDevice(provider, denied.completeUrl ?? '')
  await expect(flow.poll(denied.login)).rejects.toMatchObject({ code: 'login/denied' })
  provider.user = 'alice'
  const forged = await flow.begin('10.0.0.1')
  await decideOnDevice(provider, forged.completeUrl ?? '')
  provider.rewrite = withClaims(provider, { aud: 'other' })
  await expect(flow.poll(forged.login)).rejects.toMatchObject({ code: 'login/invalid-answer' })
  provider.rewrite = undefined
  await expect(flow.poll('x'.repeat(43))).rejects.toMatchObject({ code: 'login/lapsed' })
  const lapsed = await flow.begin('10.0.0.1')
  nowMs += 601_000
  await expect(flow.poll(lapsed.login)).rejects.toMatchObject({ code: 'login/lapsed' })
  for (let each = 0; each < PENDING_LOGINS_PER_ADDRESS; each++) await flow.begin('10.0.0.2')
  await expect(flow.begin('10.0.0.2')).rejects.toMatchObject({ code: 'limit/logins' })
  await flow.begin('10.0.0.3')
  nowMs += 901_000
  await flow.begin('10.0.0.2')
})
