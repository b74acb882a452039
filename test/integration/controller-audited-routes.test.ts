/** Every route that changes something leaves an entry in the audit log: a walk through all of them. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importBundle } from '../../src/bundle/import.ts'
import { DEFAULT_VERSIONS, VERSION_SETS } from '../../src/bundle/versions/sets.ts'
import { buildCsr, clusterUser } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { Route } from '../../src/protocol/api/route.ts'
import { ROUTES } from '../../src/protocol/api/routes.ts'
import type { AuditPage } from '../../src/protocol/audit/routes.ts'
import { minorsAhead } from '../../src/protocol/kubernetes-version.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import { openAccessMaster } from '../support/controller/access-master.ts'
import { connectAgent, factsAt } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, createCluster, enrolNode } from '../support/controller/client.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'
import { tinyBundle } from '../support/tiny-bundle.ts'
import { waitFor } from '../support/wait-for.ts'

/** Routes whose entries another test shows, and routes that change nothing for people, with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  enrol: 'controller-audit.test.ts',
  renewCertificate: 'controller-audit.test.ts',
  leave: 'controller-audit.test.ts',
  createBackup: 'controller-backups.test.ts',
  restoreBackup: 'controller-backups.test.ts',
  recoverCluster: 'controller-backups.test.ts',
  addImages: 'cluster-images.test.ts',
  removeImage: 'cluster-images.test.ts',
  applyDeclaration: 'controller-declared-version.test.ts',
  drainNode: 'controller-scheduling.test.ts',
  cordonNode: 'controller-scheduling.test.ts',
  uncordonNode: 'controller-scheduling.test.ts',
}
const NO_CHANGE: Readonly<Record<string, string>> = {
  invite: 'a node that was admitted asks for its invitation',
  report: 'what a machine reports',
  tradePieces: 'a node says which pieces of a bundle it has',
  uploadImages: 'a part of an archive, of which no cluster has images yet',
  beginDeviceLogin: 'nobody is signed in yet',
}
/** They commit by the same store as all others; here they would need what this test does not have. */
const NOT_WALKED: Readonly<Record<string, string>> = {
  renewOperatorCertificate: 'a certificate of which two thirds of its life are over',
  checkPairs: 'agents that check their pairs',
  completeDeviceLogin: 'a provider; it begins a session like createSession',
}

let scene: Scene
const done = new Set<string>()
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

const idOf = (method: string, path: string): string => {
  const matches = ({ method: own, path: template }: Route) =>
    own === method && new RegExp(`^${template.replaceAll(/\{\+?\w+\}/g, '[^/]+')}$`).test(path.split('?', 1)[0] ?? '')
  const all = Object.entries<Route>(ROUTES).filter(([, route]) => matches(route))
  // A path without a variable comes first.
  return all.sort(([, a], [, b]) => a.path.split('{').length - b.path.split('{').length)[0]?.[0] ?? ''
}

async function change(method: string, path: string, body?: unknown) {
  const answer = await scene.admin(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`)
  done.add(idOf(method, path))
  return answer.json
}
const csr = (name = 'any') => buildCsr(createKeyPair().privateKey, name)
const entries = async () => ((await scene.admin('GET', '/v1/audit')).json as AuditPage).entries

/** An executable for join commands, and a release for updates. */
async function withAgentFiles(data: string): Promise<void> {
  const id = 'a'.repeat(64)
  mkdirSync(join(data, 'agents', id), { recursive: true, mode: 0o700 })
  copyFileSync('/bin/true', join(data, 'agents/agent-linux-x64'))
  const file = { arch: 'x64', path: 'agent-linux-x64', size: 1, sha256: id }
  const release = { format: 1, kind: 'agents', version: '9.9.9', createdAt: '2026-01-01T00:00:00.000Z', files: [file] }
  writeFileSync(join(data, 'agents', id, 'agents.json'), JSON.stringify(release))
}

async function upgrades(data: string, worker: SceneNode): Promise<void> {
  const next = VERSION_SETS.find(({ kubernetes }) => minorsAhead(DEFAULT_VERSIONS.kubernetes, kubernetes) === 1)
  if (!next) throw new Error('no later version')
  const { directory, publicKey } = await tinyBundle(join(data, '../next'), { versions: next })
  await importBundle(directory, data, publicKey, new Date())
  worker.agent.socket.terminate()
  await worker.agent.closed
  await connectAgent(scene.controller, worker.node, 1_000, factsAt('10.0.0.2'), { capabilities: [...CAPABILITIES] })
  await change('POST', '/v1/clusters/demo/upgrade', { to: next.kubernetes })
  for (const what of ['pause', 'resume', 'cancel']) await change('POST', `/v1/clusters/demo/upgrade/${what}`)
}

test('every route that changes something has an entry, which no other request could have made', async () => {
  const grants = [{ role: 'viewer', project: null }]
  const data = dirname(scene.controller.adminFile)
  const [master, worker] = await scene.up(['m1', ['master']], ['w1', ['worker']])
  if (!master || !worker) throw new Error('no nodes')
  for (const id of ['createCluster', 'approveNode', 'configureNode', 'provisionCluster']) done.add(id)
  await scene.report([master, worker])
  done.add('requestOperatorCertificate')

  await change('POST', '/v1/administrators', { name: 'eve', csr: csr('eve') })
  await change('DELETE', '/v1/administrators/eve')
  await change('POST', '/v1/accounts', { name: 'ann', password: 'four random words', grants })
  await change('POST', '/v1/accounts/ann', { grants: [{ role: 'operator', project: null }] })
  await change('POST', '/v1/tokens', { name: 'ci', grants })
  await change('DELETE', '/v1/tokens/ci')
  await change('POST', '/v1/tokens', { name: 'other', grants })
  await change('DELETE', '/v1/people/local/tokens')
  const { ca } = adminOf(scene.controller)
  const signIn = { name: 'ann', password: 'four random words', kind: 'token' }
  const session = async () => (await call(scene.controller.url, { ca }, 'POST', '/v1/sessions', signIn)).json.token
  const asAnn = async (token: string, method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await call(scene.controller.url, { ca }, method, path, body, headers)
    if (answer.status >= 300) throw new Error(answer.text)
    done.add(idOf(method, path))
    return answer.json
  }
  const { token } = await asAnn(await session(), 'POST', '/v1/session/password', {
    ...{ present: 'four random words', password: 'four other words' },
  })
  done.add('createSession')
  const { code } = await asAnn(token, 'POST', '/v1/login/codes', {})
  const begun = await call(scene.controller.url, { ca }, 'POST', '/v1/login/token', { token: code })
  if (begun.status >= 300) throw new Error(begun.text)
  done.add('signInWithSecret')
  await asAnn(token, 'DELETE', '/v1/sessions/current')
  await change('DELETE', '/v1/accounts/ann')

  await change('POST', '/v1/clusters/demo/settings', { settings: { location: 'hall 1' } })
  await change('POST', '/v1/clusters/demo/credentials', { name: 'more', csr: csr('more') })
  await change('DELETE', '/v1/clusters/demo/credentials/more')
  master.agent.socket.terminate()
  await master.agent.closed
  await openAccessMaster(scene, master)
  const key = createKeyPair()
  const user = clusterUser('local', key.publicKey)
  const request = { role: 'view', seconds: 3_600, csr: buildCsr(key.privateKey, user) }
  await change('POST', '/v1/clusters/demo/kubeconfigs', request)
  await change('DELETE', '/v1/clusters/demo/kubeconfigs/local')
  const sealed = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'four random words' } as const
  const encryptedKey = createKeyPair().privateKey.export(sealed)
  const paste = { name: 'paste', csr: csr('paste'), encryptedKey, tokenSha256: '0'.repeat(64) }
  await withAgentFiles(data)
  await change('POST', '/v1/clusters/demo/join-commands', { ...paste, validSeconds: 3_600, maxNodes: 1 })
  // One that has ended because no agent can begin is not cancelled, which changes nothing.
  await waitFor('an update that is cancelled', async () => {
    await change('POST', '/v1/clusters/demo/agent-update', {})
    await change('POST', '/v1/clusters/demo/agent-update/cancel')
    return (await entries()).some(({ action }) => action === 'changeAgentUpdate') || undefined
  })
  await upgrades(data, worker)
  const old = await importSmallBundle(data, Buffer.from('old'), new Date('2020-01-01T00:00:00Z'))
  await change('DELETE', `/v1/bundles/${old.manifestSha256}`)
  await change('POST', '/v1/clusters/demo/reset')
  await change('POST', '/v1/ca/rotate', {})
  await change('POST', '/v1/ca/finish?force=1', {})

  const spare = await createCluster(scene.controller, 'spare')
  await enrolNode(scene.controller, spare, 'lone')
  const { items } = (await scene.admin('GET', '/v1/nodes?cluster=spare')).json
  await change('POST', `/v1/nodes/${items[0].id}/labels`, { labels: { rack: '7' } })
  await change('DELETE', `/v1/nodes/${items[0].id}?force=1`)
  await change('DELETE', '/v1/clusters/spare')

  const recorded = new Set((await entries()).filter(({ outcome }) => outcome === 'done').map(({ action }) => action))
  expect([...done].filter((id) => !recorded.has(id))).toEqual([])
  const missing = Object.entries<Route>(ROUTES)
    .filter(
      ([id, { method }]) =>
        method !== 'GET' && !done.has(id) && !(id in ELSEWHERE) && !(id in NO_CHANGE) && !(id in NOT_WALKED),
    )
    .map(([id]) => id)
  expect(missing).toEqual([])
}, 60_000)

test.each(Object.entries(ELSEWHERE))('the entry of %s is shown by %s', (id, file) => {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8')
  expect(text).toMatch(new RegExp(`\\b${id}\\b|${id.replace(/Node$/, '')}`))
})
