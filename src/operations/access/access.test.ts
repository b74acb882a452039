import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { createCa, issueCertificate } from '../../pki/certificate.ts'
import { buildCsr, clusterUser, readCsr } from '../../pki/csr.ts'
import { createKeyPair } from '../../pki/key.ts'
import { carryOutOperation, type OperationInCluster } from '../carry-out.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const ca = createCa({ commonName: 'kubernetes', days: 3650, now: NOW })
const base64 = (text: string) => Buffer.from(text).toString('base64')
const fields = ['certificate-authority', 'client-certificate', 'client-key']
const KUBECONFIG = fields.map((field) => `    ${field}-data: ${base64('x')}\n`).join('')
const API = 'https://127.0.0.1:6443'
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2026-06-01T13:00:00Z' }

const { privateKey, publicKey } = createKeyPair()
const user = clusterUser('alice', publicKey)
const grant = { ...common, operation: 'grant-access', user, role: 'edit', seconds: 3_600 } as const
const grantTo = (csr: string): OperationInCluster => ({ ...grant, csr })

interface Stored {
  metadata: { name: string; labels?: Record<string, string> }
  spec?: { request: string }
  status?: { certificate?: string; conditions?: { type: string; message?: string }[] }
}

/** A master whose API stores objects, and whose controller manager signs what is approved. */
function master({ signs = true, denies = '' } = {}) {
  const host = fakeHost({
    now: NOW,
    files: { '/etc/kubernetes/admin.conf': KUBECONFIG, '/etc/kubernetes/pki/ca.crt': ca.certificate },
  })
  const objects = new Map<string, Stored>()
  const asked: string[] = []
  host.network.onRequest(`${API}/`, (url, { method = 'GET', body, headers }) => {
    const { pathname, search } = new URL(url)
    asked.push(`${method} ${pathname}`)
    if (denies !== '' && method === denies) return { status: 403, body: '{"message":"policy says no"}' }
    if (method === 'PATCH') {
      const type = 'application/apply-patch+yaml'
      expect([headers?.['content-type'], search]).toEqual([type, '?fieldManager=cantrip&force=true'])
    }
    const sent = body === undefined ? undefined : (JSON.parse(body) as Stored)
    if (method === 'POST' && sent) return create(`${pathname}/${sent.metadata.name}`, sent)
    change(method, decodeURIComponent(pathname), sent)
    if (pathname === BINDINGS) return { status: 200, body: JSON.stringify({ items: bindings(search) }) }
    const found = objects.get(pathname)
    return found ? { status: 200, body: JSON.stringify(found) } : { status: 404, body: '{}' }
  })
  function create(path: string, sent: Stored) {
    if (objects.has(path)) return { status: 409, body: '{"message":"exists"}' }
    objects.set(path, sent)
    return { status: 201, body: JSON.stringify(sent) }
  }
  function change(method: string, path: string, sent: Stored | undefined): void {
    if (method === 'PATCH' && sent) objects.set(path, sent)
    if (method === 'PUT' && sent && signs) sign(path.replace('/approval', ''), sent)
    if (method === 'DELETE') objects.delete(path)
  }
  function bindings(search: string): Stored[] {
    const pairs = (new URLSearchParams(search).get('labelSelector') ?? '').split(',').map((pair) => pair.split('='))
    const isMeant = ({ metadata }: Stored) => pairs.every(([key = '', value]) => metadata.labels?.[key] === value)
    return [...objects].flatMap(([path, object]) => (path.startsWith(BINDINGS) && isMeant(object) ? [object] : []))
  }
  function sign(path: string, sent: Stored): void {
    const key = readCsr(Buffer.from(sent.spec?.request ?? '', 'base64').toString())
    const order = { ca, publicKey: key.publicKey, commonName: key.onlyName ?? '', notBefore: NOW, days: 1 }
    const certificate = base64(issueCertificate({ ...order, usages: ['clientAuth'] }))
    objects.set(path, { ...sent, status: { ...sent.status, certificate } })
  }
  return { host, objects, asked, run: (operation: OperationInCluster) => carryOutOperation(host.machine, operation) }
}

test('the user is bound to the role, and gets a certificate through an approved request; again changes nothing', async () => {
  const { run, objects } = master()
  const csr = buildCsr(privateKey, user)
  const answer = await run(grantTo(csr))
  if (answer.outcome !== 'done' || !answer.signed) throw new Error(JSON.stringify(answer))
  expect(new X509Certificate(answer.signed.certificate).subject).toBe(`CN=${user}`)
  expect(answer.signed.ca).toBe(ca.certificate)
  expect(objects.get(`${BINDINGS}/${user}:edit`)).toMatchObject({
    roleRef: { kind: 'ClusterRole', name: 'edit' },
    subjects: [{ kind: 'User', name: user }],
  })
  const [request] = [...objects].flatMap(([path, each]) => (path.startsWith(REQUESTS) ? [each] : []))
  expect(request).toMatchObject({
    spec: { signerName: 'kubernetes.io/kube-apiserver-client', expirationSeconds: 3_600, usages: ['client auth'] },
    status: { conditions: [{ type: 'Approved', status: 'True', message: `kubeconfig for ${user}, role edit` }] },
  })
  const before = JSON.stringify([...objects])
  expect(await run(grantTo(csr))).toEqual(answer)
  expect(JSON.stringify([...objects])).toBe(before)
})

const other = createKeyPair().privateKey
test.each([
  ['of another person', buildCsr(privateKey, clusterUser('bob', publicKey))],
  ['without the digits of the key', buildCsr(privateKey, 'cantrip:alice')],
  ['of an administrator of Kubernetes', buildCsr(privateKey, 'kubernetes-admin')],
  ["with another key's name", buildCsr(other, user)],
])('nothing is changed for a request with a subject %s', async (_, csr) => {
  const { run, asked } = master()
  expect(await run(grantTo(csr))).toMatchObject({ outcome: 'failed', error: { code: 'kubeconfig/wrong-subject' } })
  expect(asked).toEqual([])
})

test('what is deleted is what Cantrip bound to these users', async () => {
  const { run, objects } = master()
  await run(grantTo(buildCsr(privateKey, user)))
  const otherUser = clusterUser('alice', createKeyPair().publicKey)
  const subjects = [{ kind: 'User', name: user }]
  objects.set(`${BINDINGS}/theirs`, { metadata: { name: 'theirs' }, subjects } as Stored)
  expect(await run({ ...common, operation: 'list-access' })).toMatchObject({ bound: [{ user, role: 'edit' }] })
  const revoke = (users: string[]) => run({ ...common, operation: 'revoke-access', users })
  await revoke([otherUser])
  expect(objects.has(`${BINDINGS}/${user}:edit`)).toBe(true)
  for (const _ of [1, 2]) expect(await revoke([user])).toEqual({ id: common.id, outcome: 'done' })
  expect([...objects.keys()].filter((path) => path.startsWith(BINDINGS))).toEqual([`${BINDINGS}/theirs`])
  expect(await run({ ...common, operation: 'list-access' })).toMatchObject({ outcome: 'done', bound: [] })
})

test('what passes is repeated, and what Kubernetes refuses is an error with its reason', async () => {
  const csr = buildCsr(privateKey, user)
  expect(await master({ signs: false }).run(grantTo(csr))).toMatchObject({
    outcome: 'not-yet',
    waitingFor: 'the controller manager to sign the certificate',
  })
  const away = master()
  away.host.network.onRequest(`${API}/`, { status: 503 })
  expect((await away.run(grantTo(csr))).outcome).toBe('not-yet')
  expect(await master({ denies: 'PATCH' }).run(grantTo(csr))).toMatchObject({
    outcome: 'failed',
    error: { code: 'kubeconfig/refused', message: expect.stringContaining('status 403: policy says no') },
  })
})
