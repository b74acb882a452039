/** What is in the audit log of a real controller: who did what, from where, with what before and after; and what was refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHANGE_BURST } from '../../src/controller/api/limits.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { openFile } from '../../src/controller/store/open.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { openChainCheck } from '../../src/protocol/audit/chain.ts'
import type { AuditPage } from '../../src/protocol/audit/routes.ts'
import { flat } from '../support/controller/audit.ts'
import { adminOf, type Credentials, call, createCluster, enrolNode } from '../support/controller/client.ts'
import { runController, serveController } from '../support/controller/process.ts'
import { waitFor } from '../support/wait-for.ts'

let dataDirectory: string
let controller: Controller

const start = async () => {
  const listen = { host: '127.0.0.1', port: 0 }
  controller = await startController({ dataDirectory, listen, tickMs: 600_000, drainMs: 1 })
}
beforeEach(async () => {
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
const page = async (query = ''): Promise<AuditPage> => (await ask(local(), 'GET', `/v1/audit${query}`)).json
const entries = async (query = '') => (await page(query)).entries
const actions = async (query = '') => (await entries(query)).map(({ action }) => action)

async function created(name: string, by = local()): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const { status, json, text } = await ask(by, 'POST', '/v1/administrators', { name, csr: buildCsr(privateKey, name) })
  if (status !== 200) throw new Error(text)
  return { ca: json.ca, cert: json.certificate, key: keyToPem(privateKey) }
}

test('a sign-in is recorded as an act of whoever signs in, and a wrong password as one of nobody', async () => {
  const password = 'correct horse battery'
  const grants = [{ role: 'viewer', project: null }]
  await ask(local(), 'POST', '/v1/accounts', { name: 'ann', password, grants })
  const signIn = (given: string) =>
    call(controller.url, { ca: local().ca }, 'POST', '/v1/sessions', { name: 'ann', password: given, kind: 'token' })
  expect((await signIn('wrong')).status).toBe(401)
  expect((await signIn(password)).status).toBe(200)
  const found = (await entries()).filter(({ action }) => action === 'createSession')
  expect(found.map(({ who: { kind, name }, outcome }) => [kind, name, outcome])).toEqual([
    ['unknown', '', 'refused'],
    ['account', 'ann', 'done'],
  ])
  expect(JSON.stringify(await entries())).not.toContain(password)
})

test('a change has its actor, address, request, and the fields that changed', async () => {
  const alice = await created('alice')
  const cluster = { name: 'demo', settings: { autoApprove: true }, csr: buildCsr(createKeyPair().privateKey, 'x') }
  expect((await ask(alice, 'POST', '/v1/clusters', cluster)).status).toBe(200)
  expect((await ask(alice, 'DELETE', '/v1/clusters/demo/credentials/demo')).status).toBe(200)
  expect((await ask(alice, 'DELETE', '/v1/clusters/demo')).status).toBe(200)
  expect(await actions()).toEqual([
    ...['keepAdminAccess', 'createAdministrator', 'createCluster', 'revokeCredentials', 'deleteCluster'],
  ])
  const [own, , creation, revocation, deletion] = await entries()
  expect(own).toMatchObject({
    who: { kind: 'controller' },
    address: null,
    reason: expect.stringContaining('admin.json'),
  })
  expect(creation).toMatchObject({
    who: { kind: 'administrator', name: 'alice', id: expect.stringMatching(/^[0-9A-F]+$/) },
    ...{ address: '127.0.0.1', request: 'POST /v1/clusters', outcome: 'done', code: null, count: 1 },
    target: { cluster: 'demo' },
    changes: [{ record: 'cluster', change: 'added', fields: { name: { after: 'demo' }, desired: { after: 'none' } } }],
  })
  expect(revocation?.changes[0]?.fields).toEqual({
    credentials: {
      before: [{ name: 'demo', maxNodes: null, revokedAt: null, revokedBy: null }],
      after: [{ name: 'demo', maxNodes: null, revokedAt: expect.any(String), revokedBy: 'alice' }],
    },
  })
  expect(deletion).toMatchObject({ target: { cluster: 'demo' }, changes: [{ record: 'cluster', change: 'removed' }] })
  expect(await actions('?cluster=demo')).toHaveLength(3)
  expect(await actions('?who=alice&refused=1')).toEqual([])
  expect((await page()).head?.number).toBe(5)
})

test('reading is not recorded; an export of all records is', async () => {
  for (const path of ['/v1/clusters', '/v1/nodes', '/v1/administrators', '/v1/clusters/none'])
    await ask(local(), 'GET', path)
  expect(await actions()).toEqual(['keepAdminAccess'])
  const records = (await ask(local(), 'GET', '/v1/records')).text
  expect(records).toContain('exportRecords')
  expect(await actions()).toEqual(['keepAdminAccess', 'exportRecords'])
})

test('changes of machines’ identities, and what the controller does by rule', async () => {
  const installer = await createCluster(controller, 'demo', { autoApprove: true })
  const node = await enrolNode(controller, installer, 'one')
  const next = createKeyPair().privateKey
  await ask(node, 'POST', '/v1/node/certificate', { csr: buildCsr(next, 'any') })
  await ask(node, 'POST', '/v1/node/leave', { stays: 'nothing' })
  const found = (await entries()).slice(2)
  expect(found.map(({ action, who }) => `${who.kind} ${action}`)).toEqual([
    ...['controller approveAutomatically', 'installer enrol', 'installer enrol'],
    ...['node renewCertificate', 'node leave'],
  ])
  const [approval, enrolment, issue, renewal] = found
  expect(approval).toMatchObject({
    reason: 'the cluster has automatic approval',
    target: { cluster: 'demo', node: 'one', nodeId: node.id },
  })
  expect(approval?.changes).toContainEqual({
    ...{ record: 'node', id: node.id, name: 'one', change: 'changed' },
    fields: { state: { before: 'DISCOVERED', after: 'APPROVED' } },
  })
  expect(enrolment).toMatchObject({ target: { cluster: 'demo', node: 'one' }, address: '127.0.0.1' })
  expect(issue?.changes[0]?.fields.certificate?.after).toMatch(/^serial [0-9A-F]+$/)
  expect(renewal).toMatchObject({ target: { cluster: 'demo', node: 'one' } })
  expect(await actions(`?node=${node.id}`)).toHaveLength(5)
})

test('what was refused, or failed, is recorded with its code; of an unknown certificate too', async () => {
  const alice = await created('alice')
  await ask(local(), 'DELETE', '/v1/administrators/alice')
  const installer = await createCluster(controller, 'demo')
  await ask(alice, 'GET', '/v1/clusters')
  await ask(installer, 'POST', '/v1/clusters/demo/reset')
  await ask(local(), 'POST', '/v1/clusters/nobody/provision')
  await ask(local(), 'DELETE', '/v1/administrators/local')
  const refused = () => entries('?refused=1')
  await waitFor('four entries', async () => (await refused()).length === 4)
  expect((await refused()).map(({ who, action, code, outcome }) => [who.name, action, code, outcome])).toEqual([
    ['alice', 'listClusters', 'identity/revoked', 'refused'],
    [installer.cluster.id, 'resetCluster', 'identity/wrong-role', 'refused'],
    ['local', 'provisionCluster', 'cluster/unknown', 'refused'],
    ['local', 'revokeAdministrator', 'administrator/last', 'refused'],
  ])
})

test('2,000 refused requests add few entries, which count them', async () => {
  const alice = await created('alice')
  await ask(local(), 'DELETE', '/v1/administrators/alice')
  const before = (await page()).head?.number ?? 0
  const { Agent, request } = await import('node:https')
  const agent = new Agent({ ...alice, keepAlive: true, maxSockets: 8 })
  const send = (path: string) =>
    new Promise<void>((resolve, reject) => {
      const out = request(`${controller.url}${path}`, { method: 'POST', agent }, (response) => {
        response.resume().on('end', () => resolve())
      })
      out.on('error', reject).end()
    })
  for (let sent = 0; sent < 2_000; sent += 500)
    await Promise.all(Array.from({ length: 500 }, (_, at) => send(`/v1/clusters/any-${sent + at}/provision`)))
  agent.destroy()
  await controller.close()
  await start()
  const found = (await entries(`?after=${before}`)).filter(({ who }) => who.name === 'alice')
  expect(found.length).toBeLessThanOrEqual(6)
  expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(2_000)
  expect(Buffer.byteLength(JSON.stringify(found))).toBeLessThan(6_000)
}, 60_000)

test('who changes too much has to wait, and nobody else does', async () => {
  const grants = [{ role: 'admin', project: null }]
  await ask(local(), 'POST', '/v1/accounts', { name: 'changed', password: 'correct horse battery', grants: [] })
  const token = async (name: string) =>
    (await ask(local(), 'POST', '/v1/tokens', { name, grants })).json.secret as string
  const [busy, other] = [await token('busy'), await token('other')]
  const { Agent } = await import('node:https')
  const agent = new Agent({ ca: local().ca, keepAlive: true, maxSockets: 8 })
  const as = { ca: local().ca, agent }
  let sent = 0
  const change = async (secret: string): Promise<string> => {
    const headers = { authorization: `Bearer ${secret}` }
    const body = { grants: [{ role: 'viewer', project: `p-${sent++}` }] }
    const { status, json } = await call(controller.url, as, 'POST', '/v1/accounts/changed', body, headers)
    return status === 200 ? 'done' : json.code
  }
  let isLimited = false
  const lane = async () => {
    while (!isLimited && sent < 2 * CHANGE_BURST) {
      const outcome = await change(busy)
      if (outcome === 'limit/changes') isLimited = true
      // The limit of requests is a lower one for a short time.
      if (outcome === 'limit/requests') await setTimeout(100)
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  expect(isLimited).toBe(true)
  expect(await change(other)).toBe('done')
  // It took all of the burst, and no request of it is missing in the log.
  expect((await page('?tail=1')).head?.number).toBeGreaterThan(CHANGE_BURST)
  // What is without an effect costs nothing: it reads as before.
  const headers = { authorization: `Bearer ${busy}` }
  expect((await call(controller.url, as, 'GET', '/v1/accounts', undefined, headers)).status).toBe(200)
  agent.destroy()
}, 120_000)

test('no secret is in the log', async () => {
  const registry = 'hunter2hunter2'
  const { privateKey } = createKeyPair()
  const settings = {
    overrides: { containerd: `[auth]\npassword = "${registry}"\n` },
    location: 'http://proxyuser:proxypass77@proxy.example:3128/',
  }
  const body = { name: 'demo', settings, csr: buildCsr(privateKey, 'installer') }
  expect((await ask(local(), 'POST', '/v1/clusters', body)).status).toBe(200)
  await ask(local(), 'POST', '/v1/ca/rotate', {})
  await ask(local(), 'POST', `/v1/clusters/${encodeURIComponent('password=sesame1234567890sesame')}/reset`)
  await waitFor('the refusal', async () => (await entries('?refused=1')).length === 1)
  const text = JSON.stringify(await entries())
  const { key } = JSON.parse(readFileSync(controller.adminFile, 'utf8'))
  for (const secret of [registry, 'proxypass77', 'sesame1234567890', 'PRIVATE KEY', key.split('\n')[1]])
    expect(text).not.toContain(secret)
  expect(text).toContain('rotateAuthority')
  const rotation = (await entries()).filter(({ action }) => action === 'rotateAuthority')
  expect(rotation.map(({ outcome }) => outcome)).toEqual(['begun', 'done'])
})

test('the commands list, verify and export it', async () => {
  await createCluster(controller, 'demo')
  const run = (...argv: string[]) => runController(['audit', ...argv, '--admin', controller.adminFile])
  const list = await run('list', '--cluster', 'demo')
  expect(list.out).toMatch(
    /#2 {2}administrator local from 127\.0\.0\.1 {2}createCluster cluster demo {2}done {2}cluster demo added/,
  )
  expect(JSON.parse((await run('list', '-o', 'json', '--who', 'local', '-n', '1')).out)).toMatchObject([{ number: 2 }])
  expect((await run('list', '--since', '2999-01-01T00:00:00Z')).out).toBe('')
  const file = join(dataDirectory, 'audit.jsonl')
  expect((await run('export', file)).code).toBe(0)
  for (const argv of [
    ['export', join(dataDirectory, 'none/audit.jsonl')],
    ['verify', '--file', `${file}.none`],
  ])
    expect(await run(...argv)).toMatchObject({ code: 2, err: expect.stringContaining('audit/no-file') })
  const { number, hash } = (await page()).head ?? { number: 0, hash: '' }
  const verified = await run('verify', '--head', `${number}:${hash}`)
  expect(verified).toMatchObject({ code: 0, out: expect.stringContaining(`Head:       ${number}:${hash}`) })
  const ofFile = (...more: string[]) => runController(['audit', 'verify', '--file', file, ...more])
  const [whole, later] = await Promise.all([ofFile(), ofFile('--head', `${number + 1}:${hash}`)])
  expect(whole).toMatchObject({ code: 0, out: expect.stringContaining('2, numbers 1 to 2') })
  expect(later).toMatchObject({ code: 3, err: expect.stringContaining('entries at the end are missing') })
  writeFileSync(file, readFileSync(file, 'utf8').replace('"local"', '"other"'))
  expect(await ofFile()).toMatchObject({ code: 3, err: expect.stringContaining('from number 1: it was changed') })
})

test('the chain continues over a restart; a removed end contradicts the head that was noted', async () => {
  await createCluster(controller, 'demo')
  await createCluster(controller, 'other')
  await controller.close()
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(join(dataDirectory, 'controller.db'))
  database.exec('DELETE FROM audit WHERE number = 3')
  database.close()
  await start()
  const found = await entries()
  expect(found.map(({ action, code }) => [action, code])).toEqual([
    ['keepAdminAccess', null],
    ['createCluster', null],
    ['compareAuditHead', 'audit/broken'],
  ])
  expect(found[2]?.reason).toMatch(/noted the head 3:[0-9a-f]{64}/)
  const check = openChainCheck()
  for (const entry of found) check.add(entry)
  expect(check.end().fault).toBeUndefined()
})

test('a controller that is killed at work leaves no change without its entry, and no entry without its change', async () => {
  const own = mkdtempSync(join(tmpdir(), 'controller-'))
  const csr = buildCsr(createKeyPair().privateKey, 'installer')
  let made = 0
  for (let kill = 0; kill < 3; kill++) {
    const served = await serveController(own)
    const by = adminOf(served)
    let answered = 0
    const lanes = Array.from({ length: 4 }, async () => {
      for (; ; answered++)
        await call(served.url, by, 'POST', '/v1/clusters', { name: `c-${made++}`, settings: {}, csr })
    })
    const ended = Promise.allSettled(lanes)
    await waitFor('changes to be killed at', () => answered > 4 + kill)
    await served.end('SIGKILL')
    await ended
  }
  const store = await openFile(join(own, 'controller.db'))
  const clusters = (await store.clusters()).map(({ name }) => name)
  const found = await store.auditAfter({ after: 0 }, 100_000)
  await store.close()
  rmSync(own, { recursive: true })
  const recorded = found
    .filter(({ content }) => content.action === 'createCluster')
    .map(({ content }) => content.target)
  expect(clusters.length).toBeGreaterThan(10)
  expect(recorded.map(({ cluster }) => cluster).sort()).toEqual(clusters.sort())
  const check = openChainCheck()
  for (const record of found) check.add(flat(record))
  expect(check.end().fault).toBeUndefined()
}, 60_000)
