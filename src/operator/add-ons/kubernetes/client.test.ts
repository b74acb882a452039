import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createCa, issueCertificate } from '../../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../../pki/key.ts'
import { inClusterKubernetes } from './client.ts'
import { ApplyConflict } from './kubernetes.ts'
import { Resources } from './resources.ts'

const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'x' } }

/** An API server that answers each request with the next status and body. */
async function served(...answers: [number, object][]) {
  const now = new Date()
  const ca = createCa({ commonName: 'ca', days: 1, now })
  const { publicKey, privateKey } = createKeyPair()
  const order = { ca, publicKey, commonName: 'api', ipAddresses: ['127.0.0.1'], usages: ['serverAuth'] as const }
  const cert = issueCertificate({ ...order, notBefore: now, days: 1 })
  const asked: { line: string; type: string | undefined; body: unknown }[] = []
  const server = createServer({ key: keyToPem(privateKey), cert }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const line = `${request.method} ${request.url}`
    asked.push({ line, type: request.headers['content-type'], body: text && JSON.parse(text) })
    const [status, body] = answers.shift() ?? [500, {}]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const serviceAccountDirectory = await mkdtemp(join(tmpdir(), 'service-account-'))
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await rm(serviceAccountDirectory, { recursive: true })
  })
  await writeFile(join(serviceAccountDirectory, 'token'), 'x')
  await writeFile(join(serviceAccountDirectory, 'ca.crt'), ca.certificate)
  const { port } = server.address() as AddressInfo
  const cluster = { host: '127.0.0.1', port, serviceAccountDirectory }
  return { asked, kubernetes: inClusterKubernetes(cluster, new AbortController().signal) }
}

test('a deletion carries the uid, and the connection can be used again', async () => {
  const { asked, kubernetes } = await served([200, {}], [404, {}], [409, { reason: 'Conflict' }])
  await kubernetes.remove('/api/v1/namespaces/x/configmaps/a', 'uid-1')
  expect(await kubernetes.get('/api/v1/namespaces/x/configmaps/a')).toBeUndefined()
  // Another object has its name by now.
  await kubernetes.remove('/api/v1/namespaces/x/configmaps/a', 'uid-1')
  expect(asked.map(({ line }) => line.split(' ')[0])).toEqual(['DELETE', 'GET', 'DELETE'])
  expect(asked[0]?.body).toMatchObject({ propagationPolicy: 'Background', preconditions: { uid: 'uid-1' } })
})

test('an apply names its manager, and a conflict its fields', async () => {
  const causes = [{ reason: 'FieldManagerConflict', field: '.data.text', message: 'conflict with "kubectl"' }]
  const { asked, kubernetes } = await served(
    [201, OBJECT],
    [409, { details: { causes } }],
    [409, { reason: 'Conflict' }],
  )
  const path = '/api/v1/namespaces/x/configmaps/a'
  expect(await kubernetes.apply(path, OBJECT, { force: true, dryRun: true })).toEqual(OBJECT)
  expect(asked[0]).toEqual({
    line: `PATCH ${path}?fieldManager=cantrip-blueprint&force=true&dryRun=All`,
    type: 'application/apply-patch+yaml',
    body: OBJECT,
  })
  const refused = await kubernetes.apply(path, OBJECT, { force: false }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ApplyConflict)
  expect(refused).toMatchObject({ conflicts: [{ field: '.data.text', message: 'conflict with "kubectl"' }] })
  await expect(kubernetes.apply(path, OBJECT, { force: false })).rejects.toMatchObject({ status: 409 })
})

test('all versions of a group are known, and each resource of it is listed once', async () => {
  const version = (name: string) => ({ groupVersion: `example.org/${name}`, version: name })
  const resource = (name: string, kind: string) => ({ name, kind, namespaced: true, verbs: ['list', 'delete'] })
  const { asked, kubernetes } = await served(
    [200, { groups: [{ preferredVersion: version('v1'), versions: [version('v1beta1'), version('v1')] }] }],
    [200, { resources: [] }],
    [200, { resources: [resource('mice', 'Mouse')] }],
    [200, { resources: [resource('mice', 'Mouse'), resource('rats', 'Rat')] }],
  )
  const found = await new Resources(kubernetes).namespaced()
  expect(found.map(({ root, resource: { kind } }) => `${root} ${kind}`)).toEqual([
    '/apis/example.org/v1 Mouse',
    '/apis/example.org/v1beta1 Rat',
  ])
  expect(asked).toHaveLength(4)
})
