/** The life of administrators' certificates: one for each person, which ends within 5 s of its revocation. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { IssuedIdentity } from '../../src/protocol/api/identities/credentials.ts'
import { adminOf, type Credentials, call, createCluster } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const DAY_MS = 86_400_000
let dataDirectory: string
let controller: Controller
let aheadMs: number
let logged: string[]

const start = async () => {
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    log: (line) => void logged.push(line),
    tickMs: 600_000,
  })
}
const restart = async () => {
  await controller.close()
  await start()
}
beforeEach(async () => {
  aheadMs = 0
  logged = []
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await start()
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const ask = (by: Credentials, method: string, path: string, body?: unknown) =>
  call(controller.url, by, method, path, body)
const local = () => adminOf(controller)
const list = async (by = local()): Promise<IssuedIdentity[]> => (await ask(by, 'GET', '/v1/administrators')).json
const revoke = (by: Credentials, name: string) => ask(by, 'DELETE', `/v1/administrators/${name}`)

async function created(name: string, by = local(), days?: number): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const body = { name, csr: buildCsr(privateKey, name), days }
  const { status, json, text } = await ask(by, 'POST', '/v1/administrators', body)
  if (status !== 200) throw new Error(text)
  return { ca: json.ca, cert: json.certificate, key: keyToPem(privateKey) }
}

test('each has a certificate of its own, and what was issued is listed with its issuer', async () => {
  const alice = await created('alice')
  await created('bob', alice, 7)
  expect(await list(alice)).toMatchObject([
    { name: 'local', state: 'valid', issuedBy: null, lastUsedAt: expect.stringMatching(/Z$/) },
    { name: 'alice', state: 'valid', issuedBy: 'local' },
    { name: 'bob', state: 'valid', issuedBy: 'alice', lastUsedAt: null },
  ])
  expect((await ask(alice, 'POST', '/v1/administrators', await bodyOf('bob'))).json.code).toBe('administrator/exists')
  aheadMs = 8 * DAY_MS
  expect((await list()).map(({ state }) => state)).toEqual(['valid', 'valid', 'expired'])
  await created('bob', alice)
})

const bodyOf = async (name: string) => ({ name, csr: buildCsr(createKeyPair().privateKey, 'x') })

test('who created a cluster is known by name', async () => {
  const alice = await created('alice')
  const { json } = await ask(alice, 'POST', '/v1/clusters', {
    ...{ ...(await bodyOf('demo')), settings: {} },
  })
  expect(json.cluster.name).toBe('demo')
  expect((await ask(alice, 'GET', '/v1/clusters/demo/credentials')).json).toMatchObject([{ issuedBy: 'alice' }])
})

test('a revoked one ends: on new connections, on one that is open, and in a long poll', async () => {
  const alice = await created('alice')
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...alice })
  const kept = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(controller.url)
      const out = request({ hostname, port, path: '/v1/clusters', agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      out.on('error', reject).end()
    })
  expect(await kept()).toBe(200)
  const { last } = (await ask(alice, 'GET', '/v1/events?tail=1')).json
  const poll = ask(alice, 'GET', `/v1/events?after=${last}&waitMs=30000`)
  const revokedAt = Date.now()
  expect((await revoke(local(), 'alice')).json).toMatchObject([{ name: 'alice', state: 'revoked', revokedBy: 'local' }])
  expect(await kept()).toBe(403)
  expect((await ask(alice, 'GET', '/v1/clusters')).json).toMatchObject({
    code: 'identity/revoked',
    fix: expect.stringContaining('controller admin create NAME'),
  })
  expect((await poll).json.code).toBe('identity/revoked')
  expect(Date.now() - revokedAt).toBeLessThan(5_000)
  await restart()
  expect((await ask(alice, 'GET', '/v1/clusters')).json.code).toBe('identity/revoked')
  expect(logged.join('\n')).toMatch(/administrator local revoked administrator alice, serial 01/)
  agent.destroy()
})

test('a request that began before the revocation, and whose body arrives after it, has no effect', async () => {
  const alice = await created('alice')
  const { hostname, port } = new URL(controller.url)
  const body = JSON.stringify(await bodyOf('mallory'))
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const out = request({ ...{ hostname, port, ...alice, headers }, method: 'POST', path: '/v1/administrators' })
  const status = new Promise<number | undefined>((resolve, reject) => {
    out.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject)
  })
  out.write(body.slice(0, 10))
  const used = async () => (await list()).find(({ name }) => name === 'alice')?.lastUsedAt ?? undefined
  await waitFor('the request to be admitted', used)
  await revoke(local(), 'alice')
  out.end(body.slice(10))
  expect(await status).toBe(403)
  expect((await list()).map(({ name }) => name)).toEqual(['local', 'alice'])
})

test('the last one cannot be revoked, whatever names are given', async () => {
  const { status, json } = await revoke(local(), 'local')
  expect([status, json.code]).toEqual([409, 'administrator/last'])
  expect(json.fix).toContain('controller admin create NAME')
  const alice = await created('alice', local(), 1)
  aheadMs = 2 * DAY_MS
  expect((await revoke(local(), 'local')).json.code).toBe('administrator/last')
  aheadMs = 0
  expect((await revoke(alice, 'local')).status).toBe(200)
  expect((await revoke(alice, 'alice')).json.code).toBe('administrator/last')
  expect((await revoke(alice, 'nobody')).json.code).toBe('administrator/unknown')
})

test('a leaked admin.json is revoked, and root on the machine of the controller gets another one', async () => {
  const alice = await created('alice')
  const leaked = local()
  expect((await revoke(alice, 'local')).status).toBe(200)
  expect((await ask(leaked, 'GET', '/v1/clusters')).json.code).toBe('identity/revoked')
  await controller.tick()
  expect((await ask(local(), 'GET', '/v1/clusters')).status).toBe(200)
  expect(statSync(controller.adminFile).mode & 0o777).toBe(0o600)
  const [first] = await list()
  expect((await revoke(local(), first?.serial ?? '')).status).toBe(200)
})

test('a deleted admin.json is issued again, also while the controller runs; one that is there stays as it is', async () => {
  const text = readFileSync(controller.adminFile, 'utf8')
  await controller.tick()
  expect(readFileSync(controller.adminFile, 'utf8')).toBe(text)
  rmSync(controller.adminFile)
  await controller.tick()
  expect((await list()).map(({ name, state }) => `${name} ${state}`)).toEqual(['local valid', 'local valid'])
})

test('a certificate of the CA that the store does not know is refused, except the one in admin.json', async () => {
  const { privateKey, publicKey } = createKeyPair()
  const authority = openAuthority(join(dataDirectory, 'pki'), new Date(), true)
  const order = { kind: 'admin', identity: 'mallory', publicKey, days: 1, now: new Date() } as const
  const forged = { ca: authority.ca, cert: authority.clientCertificate(order), key: keyToPem(privateKey) }
  expect((await ask(forged, 'GET', '/v1/clusters')).json.code).toBe('identity/unknown')
  await createCluster(controller, 'demo')
})
