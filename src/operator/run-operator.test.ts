import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { certificateRequest } from '../../test/support/certificates/certificate-request.ts'
import { DEFAULT_VERSIONS } from '../bundle/versions/sets.ts'
import { type Ca, createCa, issueCertificate } from '../pki/certificate.ts'
import { readCsr } from '../pki/csr.ts'
import { createKeyPair, keyToPem } from '../pki/key.ts'
import { OperatorReport } from '../protocol/api/operators.ts'
import { optionsFrom, runOperator } from './run-operator.ts'
import type { RequestObject } from './serving/approve.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function identity(ca: Ca, commonName: string) {
  const { privateKey, publicKey } = createKeyPair()
  const usages: ('clientAuth' | 'serverAuth')[] = ['clientAuth', 'serverAuth']
  const order = { ca, publicKey, commonName, usages, ipAddresses: ['127.0.0.1'], notBefore: new Date(), days: 1 }
  return { cert: issueCertificate(order), key: keyToPem(privateKey) }
}

async function serve(
  ca: Ca,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  requestCert = false,
): Promise<number> {
  const options = { ...identity(ca, 'server'), ca: ca.certificate, requestCert, rejectUnauthorized: requestCert }
  const server: Server = createServer(options, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

const newCa = (commonName: string) => createCa({ commonName, days: 1, now: new Date() })
const node = { metadata: { name: 'n1', uid: 'n1' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }
const pod = (uid: string, status: string) => ({
  metadata: { name: uid, namespace: 'kube-system', uid, resourceVersion: '11' },
  spec: { nodeName: 'n1' },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status }] },
})

/** An API with one node and one pod; `push` sends an event to the watch of pods. */
function fakeApi(token: string) {
  const watchers: ServerResponse[] = []
  const refused: string[] = []
  const requests: RequestObject[] = []
  const lists: string[] = []
  const patches: { path: string; type: string | undefined; body: string }[] = []
  const api = {
    watchers,
    refused,
    requests,
    lists,
    patches,
    isReady: true,
    push: (type: string, object: unknown) => watchers.at(-1)?.write(`${JSON.stringify({ type, object })}\n`),
    answer(request: IncomingMessage, response: ServerResponse) {
      const url = new URL(request.url ?? '', 'https://api')
      if (request.headers.authorization !== `Bearer ${token}`) {
        refused.push(url.pathname)
        response.writeHead(401).end()
        return
      }
      if (request.method === 'PATCH') {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          const body = Buffer.concat(chunks).toString()
          patches.push({ path: url.pathname, type: request.headers['content-type'], body })
          response.end('{}')
        })
        return
      }
      if (url.pathname === '/version')
        return void response.end(JSON.stringify({ gitVersion: DEFAULT_VERSIONS.kubernetes }))
      if (url.pathname === '/readyz') return void response.writeHead(api.isReady ? 200 : 500).end()
      if (url.searchParams.has('watch')) {
        response.writeHead(200).flushHeaders()
        if (url.pathname === '/api/v1/pods') watchers.push(response)
        return
      }
      lists.push(`${url.pathname} ${url.searchParams.get('fieldSelector') ?? ''}`)
      const all: Record<string, object[]> = {
        '/api/v1/nodes': [node],
        '/api/v1/pods': [pod('p1', 'False')],
        '/apis/certificates.k8s.io/v1/certificatesigningrequests': requests,
      }
      const items = all[url.pathname]
      response.end(JSON.stringify({ metadata: { resourceVersion: '10' }, items }))
    },
  }
  return api
}

interface Given {
  isOlder?: boolean
  aheadMs?: number
  requests?: RequestObject[]
  /** What the operator's secret has, as of a former pod. */
  saved?: Record<string, string>
}

async function started({ isOlder = false, aheadMs = 0, requests = [], saved }: Given = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'operator-'))
  ends.push(() => rmSync(directory, { recursive: true }))
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
  const reports: OperatorReport[] = []
  const peers: string[] = []
  const [clusterCa, controllerCa] = [newCa('cluster'), newCa('controller')]
  const api = fakeApi('secret-token')
  api.requests.push(...requests)
  const apiPort = await serve(clusterCa, api.answer)
  const controllerPort = await serve(
    controllerCa,
    async (request, response) => {
      if (request.url === '/v1/operator/nodes') {
        if (isOlder) return void response.writeHead(404).end()
        return void response.end(JSON.stringify({ nodes: [{ name: 'n1', address: '10.0.0.1' }] }))
      }
      peers.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN))
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const json = JSON.parse(Buffer.concat(chunks).toString())
      if (request.url === '/v1/operator/renewal') {
        if (isOlder) return void response.writeHead(404).end()
        const { publicKey } = readCsr(json.csr)
        const notBefore = new Date()
        const order = { ca: controllerCa, publicKey, commonName: 'renewed', notBefore, days: 2 }
        const certificate = issueCertificate({ ...order, usages: ['clientAuth'] })
        return void response.end(JSON.stringify({ certificate }))
      }
      const report = OperatorReport.parse(json)
      if (isOlder && report.nodes.some((each) => 'unhealthy' in each)) return void response.writeHead(400).end()
      reports.push(report)
      response.writeHead(204).end()
    },
    true,
  )
  const own = identity(controllerCa, 'c-aaaaaaaaaa')
  write('token', 'secret-token\n')
  write('controller.json', JSON.stringify({ urls: ['https://127.0.0.1:1', `https://127.0.0.1:${controllerPort}`] }))
  write('tls.crt', own.cert)
  write('tls.key', own.key)
  write('resolv.conf', 'nameserver 127.0.0.1\n')
  if (saved) write('nodes.json', JSON.stringify(saved))
  const log: string[] = []
  const stop = new AbortController()
  // The service account's directory and the secret's have a ca.crt each: two directories, as in the pod.
  const accounts = mkdtempSync(join(tmpdir(), 'account-'))
  ends.push(() => rmSync(accounts, { recursive: true }))
  writeFileSync(join(accounts, 'token'), 'secret-token\n')
  writeFileSync(join(accounts, 'ca.crt'), clusterCa.certificate)
  write('ca.crt', controllerCa.certificate)
  const ended = runOperator({
    cluster: { host: '127.0.0.1', port: apiPort, serviceAccountDirectory: accounts },
    identityDirectory: directory,
    resolvConf: join(directory, 'resolv.conf'),
    log: (message) => log.push(message),
    random: () => 0,
    now: () => new Date(Date.now() + aheadMs),
    signal: stop.signal,
  })
  return { api, reports, peers, log, stop, ended, write }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; !isSo(); i += 1) {
    if (i > 500) throw new Error('did not come')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('the state of the cluster and each change reach the controller', async () => {
  const { api, reports, peers, stop, ended } = await started()
  await until(() => reports.length > 0 && api.watchers.length > 0)
  expect(reports.at(-1)).toMatchObject({
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
    nodes: [{ name: 'n1', ready: true }],
    pods: [{ name: 'p1', ready: false }],
    dns: false,
    api: true,
  })
  expect(peers[0]).toBe('c-aaaaaaaaaa')

  api.push('MODIFIED', pod('p1', 'True'))
  api.push('ADDED', pod('p2', 'True'))
  await until(() => reports.at(-1)?.pods.length === 2)
  expect(reports.at(-1)?.pods.every(({ ready }) => ready)).toBe(true)
  // Without etcd the API server still answers, and is not ready.
  api.isReady = false
  api.push('DELETED', pod('p1', 'True'))
  await until(() => reports.at(-1)?.pods.length === 1)
  expect(reports.at(-1)?.api).toBe(false)

  stop.abort()
  await ended
})

test('a controller of an earlier version gets only known fields', async () => {
  const { reports, stop, ended } = await started({ isOlder: true })
  await until(() => reports.length > 0)
  expect(reports[0]?.nodes).toEqual([{ name: 'n1', ready: true, kubeletVersion: '' }])
  stop.abort()
  await ended
})

test('a watch with a version that is too old starts again with a list', async () => {
  const { api, reports, log, stop, ended } = await started()
  await until(() => reports.length > 0 && api.watchers.length > 0)
  api.push('ERROR', { code: 410, message: 'too old resource version' })
  await until(() => api.watchers.length > 1)
  expect(log.filter((line) => line.includes('too old'))).toEqual([])
  stop.abort()
  await ended
})

test('a controller with another CA gets nothing', async () => {
  const { api, reports, log, stop, ended, write } = await started()
  await until(() => reports.length > 0 && api.watchers.length > 0)
  const before = reports.length
  write('ca.crt', newCa('other').certificate)
  api.push('ADDED', pod('p2', 'True'))
  await until(() => log.some((line) => line.startsWith('cannot send the report')))
  expect(reports).toHaveLength(before)
  stop.abort()
  await ended
})

const AFTER_60_PERCENT_MS = 15 * 3_600_000

test('it renews its certificate before 2/3 of its life, reports with it, and saves it for the next pod', async () => {
  const { api, reports, peers, log, stop, ended, write } = await started({ aheadMs: AFTER_60_PERCENT_MS })
  await until(() => reports.length > 0 && api.watchers.length > 0)
  expect(peers.slice(0, 2)).toEqual(['c-aaaaaaaaaa', 'renewed'])
  expect(log.join('\n')).toMatch(/the certificate is renewed, and valid until/)
  const [patch] = api.patches
  expect(patch).toMatchObject({
    ...{ path: '/api/v1/namespaces/cantrip-system/secrets/operator', type: 'application/merge-patch+json' },
  })
  const { data } = JSON.parse(patch?.body ?? '')
  expect(Object.keys(data)).toEqual(['tls.crt', 'tls.key'])
  // The kubelet updates the files.
  write('tls.crt', Buffer.from(data['tls.crt'], 'base64').toString())
  write('tls.key', Buffer.from(data['tls.key'], 'base64').toString())
  const before = peers.length
  api.push('ADDED', pod('p2', 'True'))
  await until(() => peers.length > before)
  expect(peers.slice(before)).toEqual(['renewed'])
  expect(api.patches).toHaveLength(1)
  stop.abort()
  await ended
})

test('it reports with its certificate if it cannot renew it, and does not try again with each report', async () => {
  const { api, reports, peers, log, stop, ended } = await started({ isOlder: true, aheadMs: AFTER_60_PERCENT_MS })
  await until(() => reports.length > 0 && api.watchers.length > 0)
  api.push('ADDED', pod('p2', 'True'))
  await until(() => reports.length > 1)
  expect(peers.every((name) => name === 'c-aaaaaaaaaa')).toBe(true)
  expect(log.filter((line) => line.startsWith('cannot renew the certificate'))).toHaveLength(1)
  expect(api.patches).toEqual([])
  stop.abort()
  await ended
})

const SERVING = '/apis/certificates.k8s.io/v1/certificatesigningrequests'

function servingRequest(name: string, names: string, status: RequestObject['status'] = {}): RequestObject {
  const username = `system:node:${name.split('-')[0]}`
  const request = Buffer.from(certificateRequest(`/O=system:nodes/CN=${username}`, names)).toString('base64')
  const usages = ['digital signature', 'server auth']
  const spec = { signerName: 'kubernetes.io/kubelet-serving', username, groups: ['system:nodes'], usages, request }
  return { metadata: { name, uid: name }, spec, status }
}

test('serving certificates of kubelets are approved if their names are those that the controller knows', async () => {
  const requests = [
    servingRequest('n1-decided', 'DNS:n1', { conditions: [{ type: 'Denied' }] }),
    servingRequest('n1-denied', 'DNS:n1'),
    servingRequest('n1-denied', 'DNS:n1', { conditions: [{ type: 'Denied' }] }),
    servingRequest('n1-own', 'DNS:n1,IP:10.0.0.1'),
    servingRequest('n1-second', 'IP:10.0.0.1'),
    servingRequest('n2-unknown', 'DNS:n2,IP:10.0.0.2'),
  ]
  const { api, log, stop, ended } = await started({ requests })
  await until(() => api.patches.length > 2 && log.some((line) => line.includes('n2-unknown')))
  expect(api.lists).toContain(`${SERVING} spec.signerName=kubernetes.io/kubelet-serving`)
  expect(api.patches.map(({ path }) => path)).toEqual([
    '/api/v1/namespaces/cantrip-system/secrets/operator',
    `${SERVING}/n1-own/approval`,
    `${SERVING}/n1-second/approval`,
  ])
  const { metadata, status } = JSON.parse(api.patches[1]?.body ?? '')
  expect(metadata).toEqual({ uid: 'n1-own' })
  expect(status.conditions).toMatchObject([{ type: 'Approved', status: 'True' }])
  expect(log.filter((line) => line.includes('not approved'))).toEqual([
    'the request n2-unknown for a serving certificate is not approved: the controller knows no node n2 in this cluster',
  ])
  stop.abort()
  await ended
})

test('without an answer of the controller, its last one counts, which is in the secret', async () => {
  const requests = [servingRequest('n1-own', 'DNS:n1,IP:10.0.0.1'), servingRequest('n2-other', 'IP:10.0.0.9')]
  const { api, log, stop, ended } = await started({
    requests,
    isOlder: true,
    saved: { n1: '10.0.0.1', n2: '10.0.0.2' },
  })
  await until(() => api.patches.length > 0 && log.some((line) => line.includes('n2-other')))
  expect(api.patches.map(({ path }) => path)).toEqual([`${SERVING}/n1-own/approval`])
  expect(log.join('\n')).toMatch(/10.0.0.9 is not a name or address of n2, which has 10.0.0.2/)
  stop.abort()
  await ended
})

test('outside a pod it fails with a clear error', () => {
  expect(() => optionsFrom({}, new AbortController().signal)).toThrow(
    expect.objectContaining({ code: 'operator/not-in-a-cluster' }),
  )
})
