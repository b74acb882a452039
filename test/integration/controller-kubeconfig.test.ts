/** Access of people to the API of a cluster, with a scripted master in place of Kubernetes; test/e2e has the real one. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { buildCsr, clusterUser } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { AccessList } from '../../src/protocol/api/identities/kubeconfigs.ts'
import { type AccessMaster, openAccessMaster } from '../support/controller/access-master.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'
import { waitFor } from '../support/wait-for.ts'

let scene: Scene
let node: SceneNode
let directory: string

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  scene = await openScene()
  const [master] = await scene.up(['m1', ['master']])
  if (!master) throw new Error('no master')
  node = master
})
afterEach(async () => {
  await scene.close()
  rmSync(directory, { recursive: true })
})

const PATH = '/v1/clusters/demo/kubeconfigs'
const list = async (): Promise<AccessList> => (await scene.admin('GET', PATH)).json

/** Asks for the access of a person with a new key. */
function issue(person: string, changes: object = {}) {
  const { privateKey, publicKey } = createKeyPair()
  const csr = buildCsr(privateKey, clusterUser(person, publicKey))
  return scene.admin('POST', PATH, { person, role: 'view', seconds: 3_600, csr, ...changes })
}
const statesOf = async (person: string) =>
  (await list()).accesses.filter((each) => each.person === person).map(({ state }) => state)
const allUnbound = ({ bound }: AccessMaster) => waitFor('no binding', async () => bound.size === 0)

test('a kubeconfig has a key that only its file has, and the certificate that the cluster signed', async () => {
  const { ca, bound } = await openAccessMaster(scene, node)
  const file = join(directory, 'factory.kubeconfig')
  const issued = await scene.cli('cluster', 'kubeconfig', 'demo', '--role', 'edit', '--ttl', '1h', '--file', file)
  expect(issued).toMatchObject({ code: 0, out: '' })
  const [[user, role] = []] = [...bound]
  expect([user, role]).toEqual([expect.stringMatching(/^cantrip:local:[0-9a-f]{16}$/), 'edit'])
  expect(issued.err).toMatch(
    new RegExp(`^Written: ${file}. User ${user}, role edit, until .*, at https://10.0.0.1:6443.\n$`),
  )
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const config = parse(readFileSync(file, 'utf8'))
  expect(config).toMatchObject({
    clusters: [{ name: 'demo', cluster: { server: 'https://10.0.0.1:6443' } }],
    contexts: [{ name: 'local@demo', context: { cluster: 'demo', user: 'local@demo' } }],
    'current-context': 'local@demo',
  })
  const pem = (data: string) => Buffer.from(data, 'base64').toString()
  const [{ user: own }] = config.users
  const certificate = new X509Certificate(pem(own['client-certificate-data']))
  expect(certificate.checkIssued(new X509Certificate(ca))).toBe(true)
  expect(certificate.checkPrivateKey(createPrivateKey(pem(own['client-key-data'])))).toBe(true)
  expect(pem(config.clusters[0].cluster['certificate-authority-data'])).toBe(ca)

  // An existing file is not replaced, and nothing is asked of the cluster for it.
  expect(await scene.cli('cluster', 'kubeconfig', 'demo', '--file', file)).toMatchObject({ code: 2 })
  expect(bound.size).toBe(1)

  const shown = await scene.cli('cluster', 'access', 'demo', '-o', 'wide')
  expect(shown.out).toMatch(new RegExp(`^local +edit +valid +\\d{4}-.* local +${user}$`, 'm'))
})

test('revoked: its permissions are deleted, for this person only, and for ever', async () => {
  const { bound } = await openAccessMaster(scene, node)
  for (const person of ['alice', 'alice', 'bob']) expect((await issue(person)).status).toBe(200)
  const revoked = await scene.cli('cluster', 'kubeconfig', 'revoke', 'demo', '--user', 'alice', '--yes')
  expect(revoked).toMatchObject({
    code: 0,
    out: 'The kubeconfigs of alice have no permissions in demo any more.\n',
  })
  expect([...bound.keys()]).toEqual([expect.stringMatching(/^cantrip:bob:/)])
  // Another one of the same person has another name in Kubernetes.
  await issue('alice')
  expect(await statesOf('alice')).toEqual(['revoked', 'revoked', 'valid'])
  expect(bound.size).toBe(2)
  expect(await scene.admin('DELETE', `${PATH}/carol`)).toMatchObject({
    status: 404,
    json: { code: 'kubeconfig/unknown' },
  })
})

test('a revocation while no master is connected is completed later, also after a restart', async () => {
  const master = await openAccessMaster(scene, node)
  await issue('alice')
  master.agent.socket.terminate()
  await scene.shows(node, 'not connected', ({ connected }) => !connected)
  const late = await scene.cli('cluster', 'kubeconfig', 'revoke', 'demo', '--user', 'alice', '--yes')
  expect(late).toMatchObject({ code: 4, err: expect.stringContaining('kubeconfig/still-bound') })
  expect(await list()).toMatchObject({ asOf: null, accesses: [{ state: 'revoking' }] })
  const shown = await scene.cli('cluster', 'access', 'demo')
  expect(shown.out).toContain('[!] No master answers')
  await scene.restart()
  const again = await openAccessMaster(scene, node, master.bound)
  await scene.controller.tick()
  await allUnbound(again)
  await waitFor('revoked', async () => (await statesOf('alice'))[0] === 'revoked')
})

test('it ends with the certificate of the administrator who has its key, or whom it is for', async () => {
  const master = await openAccessMaster(scene, node)
  const file = join(directory, 'alice.json')
  await scene.cli('admin', 'create', 'alice', '--output', file)
  await issue('alice')
  await issue('bob')
  const byAlice = await scene.cli('cluster', 'kubeconfig', 'demo', '--user', 'grafana', '--admin', file, '-o', 'json')
  expect(JSON.parse(byAlice.out)).toMatchObject({ 'current-context': 'grafana@demo' })
  await scene.controller.tick()
  expect(master.bound.size).toBe(3)
  await scene.cli('admin', 'revoke', 'alice', '--yes')
  await scene.controller.tick()
  await waitFor('one binding', async () => master.bound.size === 1)
  expect([...master.bound.keys()][0]).toMatch(/^cantrip:bob:/)
  const { accesses } = await list()
  expect(accesses.map(({ person, state, revokedBy }) => [person, state, revokedBy])).toEqual([
    ['alice', 'revoked', 'controller'],
    ['bob', 'valid', null],
    ['grafana', 'revoked', 'controller'],
  ])
})

test('an expired one loses its permissions, and is forgotten', async () => {
  const master = await openAccessMaster(scene, node)
  await issue('alice')
  scene.aheadMs += 3_700_000
  expect(await statesOf('alice')).toEqual(['expired'])
  await scene.controller.tick()
  await allUnbound(master)
  await waitFor('forgotten', async () => {
    await scene.controller.tick()
    return (await list()).accesses.length === 0
  })
})

test('what the cluster says counts: a deleted binding, and one that the controller does not know', async () => {
  const { bound } = await openAccessMaster(scene, node)
  await issue('alice')
  bound.clear()
  const stranger = 'cantrip:bob:0123456789abcdef'
  bound.set(stranger, 'admin')
  expect((await list()).accesses).toEqual([
    expect.objectContaining({ person: 'alice', state: 'unbound' }),
    expect.objectContaining({ person: 'bob', user: stranger, role: 'admin', state: 'valid', issuedBy: null }),
  ])
  expect((await scene.admin('DELETE', `${PATH}/bob`)).status).toBe(200)
  expect(bound.size).toBe(0)
})

test.each([
  ['another person in the request', () => ({ csr: csrFor('bob') }), 422, 'kubeconfig/wrong-subject'],
  ['less than 10 minutes', () => ({ seconds: 599 }), 400, 'request/invalid'],
  ['more than a week', () => ({ seconds: 604_801 }), 400, 'request/invalid'],
  ['a role of the system', () => ({ role: 'system:masters' }), 400, 'request/invalid'],
  ['a person with a colon', () => ({ person: 'a:b' }), 400, 'request/invalid'],
])('%s is refused, and nothing is asked of the cluster', async (_, changes, status, code) => {
  const { asked } = await openAccessMaster(scene, node)
  expect(await issue('alice', changes())).toMatchObject({ status, json: { code } })
  expect(asked).toEqual([])
})

test('an agent of an earlier build is named, and without a master the error says so', async () => {
  expect(await issue('alice')).toMatchObject({
    status: 409,
    json: { code: 'agent/update-needed', detail: expect.stringContaining('operation/grant-access') },
  })
  node.agent.socket.terminate()
  await scene.shows(node, 'not connected', ({ connected }) => !connected)
  expect(await issue('alice')).toMatchObject({ status: 503, json: { code: 'kubeconfig/no-master' } })
})

test('the controller stores neither certificate nor key', async () => {
  const { bound } = await openAccessMaster(scene, node)
  const { json } = await issue('alice')
  expect(json.certificate).toContain('BEGIN CERTIFICATE')
  const [line] = json.certificate.split('\n').slice(4, 5)
  await scene.changeDatabase((file) => {
    for (const each of [file, `${file}-wal`]) {
      const text = readIfThere(each)
      expect(text).not.toContain(line)
      expect(text).not.toContain('PRIVATE KEY')
    }
  })
  expect(bound.size).toBe(1)
})

function csrFor(person: string): string {
  const { privateKey, publicKey } = createKeyPair()
  return buildCsr(privateKey, clusterUser(person, publicKey))
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
