/** People and programs without a certificate: tokens, sessions, roles and projects, and attacks on them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { Grant } from '../../src/protocol/api/access.ts'
import { SESSION_COOKIE } from '../../src/protocol/api/people/sessions.ts'
import { type Answer, adminOf, call, createCluster, enrolNode } from '../support/controller/client.ts'

const PASSWORD = 'correct horse battery'
const MINUTE_MS = 60_000
let dataDirectory: string
let controller: Controller
let aheadMs = 0
let ca: string
let node: { id: string }
const logged: string[] = []

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    log: (line) => void logged.push(line),
    tickMs: 600_000,
  })
  ca = adminOf(controller).ca
  node = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
  await asAdmin('POST', '/v1/clusters', { ...body('secret'), project: 'berlin' })
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})
/** Attempts to sign in are limited by address: each test has one. */
let from = 1
beforeEach(() => {
  aheadMs = 0
  from++
})

const body = (name: string) => ({ name, settings: {}, csr: buildCsr(createKeyPair().privateKey, 'x') })
const asAdmin = (method: string, path: string, json?: unknown) =>
  call(controller.url, adminOf(controller), method, path, json)
const without = (method: string, path: string, json?: unknown, headers = {}) =>
  call(controller.url, { ca, localAddress: `127.0.${from}.1` }, method, path, json, headers)
const withToken = (token: string, method: string, path: string, json?: unknown) =>
  without(method, path, json, { authorization: `Bearer ${token}` })
const outcome = ({ status, json }: Answer) => (status < 400 ? `${status}` : `${status} ${json.code}`)

let count = 0
async function tokenWith(...grants: Grant[]): Promise<string> {
  const { json } = await asAdmin('POST', '/v1/tokens', { name: `t-${count++}`, grants })
  return json.secret
}
async function accountWith(...grants: Grant[]): Promise<string> {
  const name = `p-${count++}`
  await asAdmin('POST', '/v1/accounts', { name, password: PASSWORD, grants })
  return name
}
const signIn = (name: string, password = PASSWORD, more = {}, headers = {}) =>
  without('POST', '/v1/sessions', { name, password, ...more }, headers)

interface Browser {
  cookie: string
  csrf: string
}
async function browserOf(name: string): Promise<Browser> {
  const { headers, json } = await signIn(name)
  return { cookie: String(headers['set-cookie']).split(';')[0] ?? '', csrf: json.csrf }
}
const browse = ({ cookie, csrf }: Partial<Browser>, method: string, path: string, json?: unknown, headers = {}) =>
  without(method, path, json, { cookie, ...(csrf && { 'x-csrf-token': csrf }), ...headers })

const everywhere = (role: Grant['role']): Grant => ({ role, project: null })

test('a token has the permissions of its role; its secret is shown once and not stored', async () => {
  const secret = await tokenWith(everywhere('viewer'))
  expect(secret).toMatch(/^cantrip_[\w-]{43}$/)
  expect(outcome(await withToken(secret, 'GET', '/v1/clusters'))).toBe('200')
  expect(outcome(await withToken(secret, 'POST', '/v1/clusters/demo/reset'))).toBe('403 identity/not-permitted')
  expect(outcome(await withToken(secret, 'GET', '/v1/administrators'))).toBe('403 identity/not-permitted')
  const { json, text } = await asAdmin('GET', '/v1/tokens')
  expect(json[0]).toMatchObject({ state: 'valid', issuedBy: 'local', lastUsedAt: expect.stringMatching(/Z$/) })
  expect(text).not.toContain(secret)
  const records = await asAdmin('GET', '/v1/records')
  expect(records.text).toContain('"api_tokens"')
  expect(records.text).not.toContain(secret)
})

test('each role does its part', async () => {
  const outcomes = async (role: Grant['role']) => {
    const secret = await tokenWith(everywhere(role))
    const ask = async (method: string, path: string) =>
      outcome(await withToken(secret, method, path, method === 'POST' ? {} : undefined))
    return Promise.all([
      ask('POST', `/v1/nodes/${node.id}/approve`),
      ask('POST', '/v1/clusters/demo/provision'),
      ask('POST', '/v1/ca/rotate?x'),
      ask('DELETE', `/v1/nodes/${node.id}?force=x`),
    ])
  }
  const no = '403 identity/not-permitted'
  expect(await outcomes('viewer')).toEqual([no, no, no, no])
  expect(await outcomes('approver')).toEqual(['200', no, no, '400 request/invalid'])
  expect(await outcomes('operator')).toEqual([no, '409 cluster/no-nodes', no, '400 request/invalid'])
  // An approver refuses nodes that wait, and removes no others.
  const approver = await tokenWith(everywhere('approver'))
  expect(outcome(await withToken(approver, 'DELETE', `/v1/nodes/${node.id}`))).toBe(no)
})

test('a repeat with an Idempotency-Key shows nothing to whom has fewer roles now, or the same name', async () => {
  const name = await accountWith(everywhere('operator'))
  const order = body('repeated')
  const create = async () => {
    const { token } = (await signIn(name, PASSWORD, { kind: 'token' })).json
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'once' }
    return outcome(await without('POST', '/v1/clusters', order, headers))
  }
  expect([await create(), await create()]).toEqual(['200', '200'])
  await asAdmin('POST', `/v1/accounts/${name}`, { grants: [{ role: 'operator', project: 'berlin' }] })
  expect(await create()).toBe('403 identity/not-permitted')
  await asAdmin('DELETE', `/v1/accounts/${name}`)
  const grants = [{ role: 'operator', project: 'berlin' }]
  await asAdmin('POST', '/v1/accounts', { name, password: PASSWORD, grants })
  expect(await create()).toBe('403 identity/not-permitted')
})

test('an operator does not approve nodes by a setting or a rule', async () => {
  const [operator, both] = [
    await tokenWith(everywhere('operator')),
    await tokenWith(everywhere('operator'), everywhere('approver')),
  ]
  const automatic = { ...body('automatic'), settings: { autoApprove: true } }
  expect(outcome(await withToken(operator, 'POST', '/v1/clusters', automatic))).toBe('403 identity/not-permitted')
  expect(outcome(await withToken(both, 'POST', '/v1/clusters', automatic))).toBe('200')
  const apply = async (secret: string, name: string, spec: object) => {
    const { csr } = body(name)
    const declaration = { apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name }, spec }
    return outcome(await withToken(secret, 'POST', '/v1/declarations', { declaration, csr }))
  }
  const any = { match: { hostname: '*' }, roles: ['worker'] }
  const rule = { ...any, approve: 'automatically' }
  const no = '403 identity/not-permitted'
  const spec = { provision: 'manually', nodes: [any] }
  expect(await apply(operator, 'by-rule', { ...spec, nodes: [rule] })).toBe(no)
  expect(await apply(operator, 'by-rule', { ...spec, autoApprove: true })).toBe(no)
  expect(await apply(operator, 'by-rule', spec)).toBe('200')
  expect(await apply(operator, 'by-rule', { ...spec, nodes: [rule] })).toBe(no)
  const kept = [{ match: { hostname: 'kept-*' }, roles: ['worker'] }, rule]
  expect(await apply(both, 'by-rule', { ...spec, nodes: kept })).toBe('200')
  // Without the first rule, the second one would be for its nodes.
  expect(await apply(operator, 'by-rule', { ...spec, nodes: [rule] })).toBe(no)
  expect(await apply(operator, 'by-rule', { ...spec, nodes: kept, location: 'Berlin' })).toBe('200')
  expect(await apply(operator, 'by-rule', spec)).toBe('200')
})

test('an operator changes settings, but neither overrides nor the project of a cluster', async () => {
  const secret = await tokenWith({ role: 'operator', project: 'berlin' }, { role: 'admin', project: 'paris' })
  const metadata = { name: 'overridden', project: 'berlin' }
  const overrides = { kubelet: 'staticPodPath: /tmp' }
  const apply = async (given: object, spec: object = {}, by = secret) => {
    const declaration = { apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { ...metadata, ...given }, spec }
    return outcome(await withToken(by, 'POST', '/v1/declarations', { declaration, csr: body('overridden').csr }))
  }
  const set = async (settings: object, by = secret) =>
    outcome(await withToken(by, 'POST', '/v1/clusters/overridden/settings', { settings }))
  const no = '403 identity/not-permitted'
  const admin = await tokenWith(everywhere('admin'))
  expect(await apply({})).toBe('200')
  expect([await set({ location: 'Berlin' }), await set({ overrides }), await set({ overrides }, admin)]).toEqual([
    '200',
    no,
    '200',
  ])
  expect([await apply({}), await apply({}, { overrides, location: 'Hall 3' })]).toEqual([no, '200'])
  expect(await apply({ project: 'paris' }, { overrides })).toBe(no)
  expect(await apply({ project: 'paris' }, {}, admin)).toBe('200')
})

test('what belongs to another project does not exist', async () => {
  const secret = await tokenWith({ role: 'admin', project: 'berlin' })
  const ask = async (method: string, path: string, json?: unknown) => withToken(secret, method, path, json)
  expect((await ask('GET', '/v1/clusters')).json.items.map(({ name }: { name: string }) => name)).toEqual(['secret'])
  expect((await ask('GET', '/v1/nodes')).json.items).toEqual([])
  const [foreign, unknown] = [await ask('GET', '/v1/clusters/demo'), await ask('GET', '/v1/clusters/nothing')]
  expect([outcome(foreign), outcome(unknown)]).toEqual(['404 cluster/unknown', '404 cluster/unknown'])
  expect(Object.keys(foreign.headers)).toEqual(Object.keys(unknown.headers))
  for (const [method, path] of [
    ['GET', `/v1/nodes/${node.id}`],
    ['POST', `/v1/nodes/${node.id}/configure`],
    ['GET', '/v1/nodes/n-aaaaaaaaaa'],
  ] as const)
    expect(outcome(await ask(method, path, method === 'POST' ? {} : undefined))).toBe('404 node/unknown')
  expect(outcome(await ask('GET', '/v1/nodes?cluster=demo'))).toBe('404 cluster/unknown')
  expect(outcome(await ask('GET', '/v1/events?cluster=demo'))).toBe('404 cluster/unknown')
  expect((await ask('GET', `/v1/events?node=${node.id}`)).json.events).toEqual([])
  expect((await asAdmin('GET', `/v1/events?node=${node.id}`)).json.events).not.toEqual([])
  expect(outcome(await ask('POST', '/v1/clusters', body('mine')))).toBe('403 identity/not-permitted')
  expect(outcome(await ask('POST', '/v1/clusters', { ...body('mine'), project: 'berlin' }))).toBe('200')
  expect(outcome(await ask('GET', '/v1/accounts'))).toBe('403 identity/not-permitted')
})

test('nobody grants more than they have, and a token creates no others', async () => {
  const browser = await browserOf(await accountWith({ role: 'operator', project: 'berlin' }))
  const ask = async (...grants: Grant[]) =>
    outcome(await browse(browser, 'POST', '/v1/tokens', { name: `t-${count++}`, grants }))
  expect(await ask({ role: 'admin', project: 'berlin' })).toBe('403 identity/exceeds-own')
  expect(await ask(everywhere('operator'))).toBe('403 identity/exceeds-own')
  expect(await ask({ role: 'operator', project: 'default' })).toBe('403 identity/exceeds-own')
  expect(await ask({ role: 'viewer', project: 'berlin' }, { role: 'approver', project: 'berlin' })).toMatch(/exceeds/)
  expect(await ask({ role: 'operator', project: 'berlin' }, { role: 'viewer', project: 'berlin' })).toBe('200')
  const token = await tokenWith(everywhere('operator'))
  const other = { name: 'other', grants: [everywhere('viewer')] }
  expect(outcome(await withToken(token, 'POST', '/v1/tokens', other))).toBe('403 identity/not-permitted')
  expect(outcome(await withToken(token, 'POST', '/v1/accounts', {}))).toBe('403 identity/not-permitted')
})

test('a token ends when it is revoked or expires, and with its account', async () => {
  const name = await accountWith(everywhere('operator'))
  const browser = await browserOf(name)
  const create = async (token: string) =>
    (await browse(browser, 'POST', '/v1/tokens', { name: token, grants: [everywhere('operator')], days: 2 })).json
      .secret
  const [first, second] = [await create('first'), await create('second')]
  const ask = async (secret: string) => outcome(await withToken(secret, 'GET', '/v1/clusters'))
  expect([await ask(first), await ask(second)]).toEqual(['200', '200'])
  await browse(browser, 'DELETE', '/v1/tokens/first')
  expect(await ask(first)).toBe('401 token/invalid')
  // Its rights shrink with those of the account.
  await asAdmin('POST', `/v1/accounts/${name}`, { grants: [everywhere('viewer')] })
  expect(outcome(await withToken(second, 'GET', '/v1/session'))).toBe('403 identity/not-permitted')
  await asAdmin('POST', `/v1/accounts/${name}`, { grants: [everywhere('admin')] })
  expect(outcome(await withToken(second, 'POST', '/v1/clusters/demo/provision', {}))).toBe('409 cluster/no-nodes')
  aheadMs = 49 * 60 * MINUTE_MS
  expect(await ask(second)).toBe('401 token/invalid')
  aheadMs = 0
  await asAdmin('POST', `/v1/accounts/${name}`, { disabled: true })
  expect(await ask(second)).toBe('401 token/invalid')
  await asAdmin('DELETE', `/v1/accounts/${name}`)
  await asAdmin('POST', '/v1/accounts', { name, password: PASSWORD, grants: [everywhere('admin')] })
  expect(await ask(second)).toBe('401 token/invalid')
})

test('a session has a secure cookie, and a new secret each time: none that the client brings', async () => {
  const name = await accountWith(everywhere('viewer'))
  const planted = `${SESSION_COOKIE}=cantrip-session_${'a'.repeat(43)}`
  const { status, headers } = await signIn(name, PASSWORD, {}, { cookie: planted })
  expect(status).toBe(200)
  const [cookie = ''] = headers['set-cookie'] ?? []
  expect(cookie).toMatch(
    /^__Host-cantrip-session=cantrip-session_[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  )
  expect(cookie).not.toContain(planted)
  expect(outcome(await browse({ cookie: planted }, 'GET', '/v1/session'))).toBe('401 session/ended')
  const again = await browserOf(name)
  expect(again.cookie).not.toBe(cookie.split(';')[0])
  expect((await browse(again, 'GET', '/v1/session')).json).toMatchObject({ kind: 'account', name, csrf: again.csrf })
  // A cookie is no bearer, and the cookie of another site beside it is not chosen.
  const secret = again.cookie.split('=')[1] ?? ''
  expect(outcome(await withToken(secret, 'GET', '/v1/session'))).toBe('401 session/ended')
  expect(outcome(await browse({ cookie: `${again.cookie}; ${planted}` }, 'GET', '/v1/session'))).toBe(
    '401 identity/none',
  )
})

test('a change needs the CSRF token of the session, and a page of the controller', async () => {
  const name = await accountWith(everywhere('operator'))
  const [browser, other] = [await browserOf(name), await browserOf(name)]
  const reset = async (as: Partial<Browser>, headers = {}) =>
    outcome(await browse(as, 'POST', '/v1/clusters/demo/reset', {}, headers))
  const { host } = new URL(controller.url)
  expect(await reset({ cookie: browser.cookie })).toBe('403 session/csrf')
  expect(await reset({ cookie: browser.cookie, csrf: other.csrf })).toBe('403 session/csrf')
  expect(await reset({ cookie: browser.cookie, csrf: `${browser.csrf}x` })).toBe('403 session/csrf')
  expect(await reset(browser, { origin: 'https://evil.example' })).toBe('403 request/other-origin')
  expect(await reset(browser, { origin: 'null' })).toBe('403 request/other-origin')
  expect(await reset(browser, { 'sec-fetch-site': 'same-site' })).toBe('403 request/other-origin')
  expect(await reset(browser, { origin: `https://${host}`, 'sec-fetch-site': 'same-origin' })).toBe('200')
  const read = await browse(browser, 'GET', '/v1/clusters', undefined, { origin: 'https://evil.example' })
  expect(outcome(read)).toBe('403 request/other-origin')
  expect(Object.keys(read.headers).filter((each) => each.startsWith('access-control'))).toEqual([])
  // Another site must not sign a browser in as somebody else.
  expect(outcome(await signIn(name, PASSWORD, {}, { origin: 'https://evil.example' }))).toBe('403 request/other-origin')
  const certified = await call(
    controller.url,
    adminOf(controller),
    'POST',
    '/v1/clusters/demo/reset',
    {},
    {
      origin: 'https://evil.example',
    },
  )
  expect(outcome(certified)).toBe('403 request/other-origin')
})

test('a session ends: idle, after 12 hours, when it is ended, and with its account', async () => {
  const name = await accountWith(everywhere('viewer'))
  const ask = async (browser: Browser) => outcome(await browse(browser, 'GET', '/v1/clusters'))
  const browser = await browserOf(name)
  aheadMs = 29 * MINUTE_MS
  expect(await ask(browser)).toBe('200')
  aheadMs = 58 * MINUTE_MS
  expect(await ask(browser)).toBe('200')
  aheadMs = 89 * MINUTE_MS
  expect(await ask(browser)).toBe('401 session/ended')
  aheadMs = 0
  const { token } = (await signIn(name, PASSWORD, { kind: 'token' })).json
  aheadMs = 11.9 * 60 * MINUTE_MS
  expect(outcome(await withToken(token, 'GET', '/v1/clusters'))).toBe('200')
  aheadMs = 12 * 60 * MINUTE_MS
  expect(outcome(await withToken(token, 'GET', '/v1/clusters'))).toBe('401 session/ended')
  aheadMs = 0
  const [one, two, three] = [await browserOf(name), await browserOf(name), await browserOf(name)]
  const stranger = await browserOf(await accountWith(everywhere('viewer')))
  const { session } = (await browse(one, 'GET', '/v1/session')).json
  expect(outcome(await browse(stranger, 'DELETE', `/v1/sessions/${session.id}`))).toBe('404 session/unknown')
  expect(outcome(await browse(two, 'DELETE', `/v1/sessions/${session.id}`))).toBe('200')
  expect(outcome(await browse(two, 'DELETE', '/v1/sessions/current'))).toBe('200')
  expect([await ask(one), await ask(two), await ask(three)]).toEqual(['401 session/ended', '401 session/ended', '200'])
  const poll = browse(three, 'GET', `/v1/events?after=${Number.MAX_SAFE_INTEGER}&waitMs=30000`)
  const before = performance.now()
  setTimeout(() => void asAdmin('POST', `/v1/accounts/${name}`, { disabled: true }), 300)
  expect(outcome(await poll)).toBe('401 session/ended')
  expect(performance.now() - before).toBeLessThan(5_000)
  expect(outcome(await signIn(name))).toBe('401 session/wrong-password')
  await asAdmin('POST', `/v1/accounts/${name}`, { disabled: false })
  expect(await ask(three)).toBe('401 session/ended')
})

test('a person changes the own password with the present one, and the other sessions end', async () => {
  const name = await accountWith(everywhere('viewer'))
  const own = (await signIn(name, PASSWORD, { kind: 'token' })).json.token
  const other = (await signIn(name, PASSWORD, { kind: 'token' })).json.token
  const change = (token: string, present: string, password: string) =>
    withToken(token, 'POST', '/v1/session/password', { present, password })
  expect(outcome(await change(own, 'guessed password', 'battery horse correct'))).toBe('403 password/wrong')
  expect(outcome(await change(own, PASSWORD, 'short'))).toBe('400 request/invalid')
  const { id } = (await withToken(own, 'GET', '/v1/session')).json.session
  const changed = await change(own, PASSWORD, 'battery horse correct')
  expect(outcome(changed)).toBe('200')
  // A copy of the secret has ended, and the session goes on with another one.
  expect(outcome(await withToken(own, 'GET', '/v1/session'))).toBe('401 session/ended')
  const next = changed.json.token
  expect((await withToken(next, 'GET', '/v1/session')).json.session.id).toBe(id)
  expect(outcome(await withToken(other, 'GET', '/v1/session'))).toBe('401 session/ended')
  expect(outcome(await signIn(name))).toBe('401 session/wrong-password')
  expect(outcome(await signIn(name, 'battery horse correct'))).toBe('200')
  const entries = (await asAdmin('GET', '/v1/audit')).json.entries
  const entry = entries.find(
    (each: { action: string; outcome: string }) => each.action === 'changePassword' && each.outcome === 'done',
  )
  expect(entry).toMatchObject({ who: { kind: 'account', name } })
  expect(JSON.stringify(entries)).not.toContain('battery horse')
  const guesses = await Promise.all(Array.from({ length: 12 }, () => change(next, 'guessed password', PASSWORD)))
  const refused = guesses.filter(({ status }) => status === 429)
  expect(refused.map(({ json, headers }) => [json.code, headers['retry-after']])).toContainEqual(['limit/logins', '5'])
})

test('who has no password changes none', async () => {
  const body = { present: PASSWORD, password: 'battery horse correct' }
  const token = await tokenWith(everywhere('admin'))
  expect(outcome(await withToken(token, 'POST', '/v1/session/password', body))).toBe('403 password/none')
  expect(outcome(await asAdmin('POST', '/v1/session/password', body))).toBe('403 password/none')
})

test('an administrator ends all tokens of one person', async () => {
  const names = [await accountWith(everywhere('operator')), await accountWith(everywhere('operator'))]
  const [of = '', others = ''] = names
  const tokens: string[] = []
  for (const [at, name] of [of, of, others].entries()) {
    const session = (await signIn(name, PASSWORD, { kind: 'token' })).json.token
    const asked = { name: `of-${name}-${at}`, grants: [everywhere('viewer')] }
    tokens.push((await withToken(session, 'POST', '/v1/tokens', asked)).json.secret)
  }
  const path = `/v1/people/${of}/tokens`
  expect(outcome(await withToken(tokens[2] ?? '', 'DELETE', path))).toBe('403 identity/not-permitted')
  const revoked = await asAdmin('DELETE', path)
  expect(revoked.json.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
    [`of-${of}-0`, 'revoked'],
    [`of-${of}-1`, 'revoked'],
  ])
  const seen = await Promise.all(tokens.map((token) => withToken(token, 'GET', '/v1/session')))
  expect(seen.map(outcome)).toEqual(['401 token/invalid', '401 token/invalid', '200'])
  expect((await asAdmin('DELETE', path)).json).toEqual([])
})

test('secrets in URLs, unknown ones and huge headers are refused, and none is logged', async () => {
  const secret = await tokenWith(everywhere('admin'))
  expect(outcome(await without('GET', `/v1/clusters?access_token=${secret}`))).toBe('400 request/secret-in-url')
  expect(outcome(await withToken(`cantrip_${'a'.repeat(43)}`, 'GET', '/v1/clusters'))).toBe('401 token/invalid')
  expect(outcome(await withToken('a'.repeat(6_000), 'GET', '/v1/clusters'))).toBe('401 token/invalid')
  expect((await withToken('a'.repeat(20_000), 'GET', '/v1/clusters')).status).toBe(431)
  const { headers } = await withToken('x', 'GET', '/v1/clusters')
  expect(headers).toMatchObject({ connection: 'close', 'www-authenticate': 'Bearer' })
  expect(logged.join('\n')).not.toContain(secret)
  expect(logged.join('\n')).not.toContain(PASSWORD)
})

test('nobody learns from the time or the answer which accounts exist', async () => {
  const name = await accountWith(everywhere('viewer'))
  const timed = async (account: string) => {
    const times: number[] = []
    for (let each = 0; each < 4; each++) {
      const before = performance.now()
      const answer = await signIn(account, 'wrong password!')
      times.push(performance.now() - before)
      expect([outcome(answer), answer.json.detail]).toEqual([
        '401 session/wrong-password',
        'the name or the password is wrong',
      ])
    }
    return times.sort((a, b) => a - b)[1] ?? 0
  }
  const [known, unknown] = [await timed(name), await timed('nobody-here')]
  expect(unknown).toBeGreaterThan(known / 2)
  expect(unknown).toBeLessThan(known * 2)
})

test('many attempts to sign in check few passwords, and another client is answered all the time', async () => {
  const token = await tokenWith(everywhere('viewer'))
  const outcomes = new Map<string, number>()
  let left = 300
  const startedAt = performance.now()
  const attackers = Array.from({ length: 6 }, async (_, at) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: '127.0.0.2' })
    while (left-- > 0) {
      const guess = { name: `guess-${at}`, password: 'wrong password!' }
      const got = outcome(await call(controller.url, { ca, agent } as never, 'POST', '/v1/sessions', guess))
      outcomes.set(got, (outcomes.get(got) ?? 0) + 1)
    }
    agent.destroy()
  })
  while (left > 0) expect(outcome(await withToken(token, 'GET', '/v1/ping'))).toBe('200')
  await Promise.all(attackers)
  const seconds = (performance.now() - startedAt) / 1_000
  const checked = outcomes.get('401 session/wrong-password') ?? 0
  for (const got of outcomes.keys()) expect(got).toMatch(/^(401 session\/wrong-password|429 limit\/(logins|requests))$/)
  // A burst, and then one a second, of this address.
  expect(checked).toBeLessThanOrEqual(32 + seconds)
})
