import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, fingerprint, keyToPem } from '../../src/pki/key.ts'
import { adminOf, call, createCluster, enrolNode, type Installer, showNode } from '../support/controller/client.ts'

let dataDirectory: string
let controller: Controller
let installer: Installer
/** How far the controller's clock is ahead of the machine's, in milliseconds. */
let aheadMs: number
const lines: string[] = []
const now = () => new Date(Date.now() + aheadMs)
const start = () =>
  startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, now, log: (line) => lines.push(line) })
const DAY_MS = 86_400_000

beforeEach(async () => {
  aheadMs = 0
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await start()
  installer = await createCluster(controller, 'demo')
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const request = (nodeName: string, key = createKeyPair()) => ({
  key,
  body: { csr: buildCsr(key.privateKey, 'O=cantrip:admin'), nodeName, address: '10.0.0.1' },
})
const enrol = (body: unknown) => call(controller.url, installer, 'POST', '/v1/enrol', body)
const admin = (method: string, path: string, body?: unknown) =>
  call(controller.url, adminOf(controller), method, path, body)

describe('access', () => {
  it('makes keys and administrator files readable by their owner only', () => {
    for (const name of ['admin.json', 'controller.db', 'pki/ca.key', 'pki/instruction.key']) {
      expect(statSync(join(dataDirectory, name)).mode & 0o777).toBe(0o600)
    }
    expect(statSync(dataDirectory).mode & 0o777).toBe(0o700)
  })

  it('answers a ping of every certificate kind, with the time', async () => {
    const node = await enrolNode(controller, installer, 'one')
    for (const credentials of [installer, node, adminOf(controller)]) {
      const answer = await call(controller.url, credentials, 'GET', '/v1/ping')
      expect(answer.status).toBe(200)
      expect(Math.abs(Date.parse(answer.json.now) - Date.now())).toBeLessThan(5_000)
    }
  })

  it.each([
    ['enrol', 'GET', '/v1/clusters'],
    ['enrol', 'POST', '/v1/operator/certificate'],
    ['enrol', 'GET', `/v1/agents/${'0'.repeat(64)}`],
    ['node', 'GET', '/v1/nodes'],
    ['node', 'POST', '/v1/enrol'],
    ['node', 'POST', '/v1/operator/report'],
    ['admin', 'POST', '/v1/enrol'],
    ['admin', 'POST', '/v1/operator/report'],
  ])('refuses a certificate of kind %s at %s %s', async (role, method, path) => {
    const node = await enrolNode(controller, installer, 'one')
    const credentials = { enrol: installer, node, admin: adminOf(controller) }[role]
    const answer = await call(
      controller.url,
      credentials ?? installer,
      method,
      path,
      method === 'POST' ? {} : undefined,
    )
    expect(answer.status).toBe(403)
    expect(answer.json.code).toBe('identity/wrong-role')
  })

  it('refuses a certificate of another CA and a server certificate in the handshake, and answers none with 401', async () => {
    const foreign = createCa({ commonName: 'cantrip controller CA', days: 10, now: now() })
    const read = (name: string) => readFileSync(join(dataDirectory, 'pki', name), 'utf8')
    const own = { certificate: read('ca.crt'), key: createPrivateKey(read('ca.key')) }
    const { privateKey, publicKey } = createKeyPair()
    const order = { publicKey, commonName: 'local', organization: 'cantrip:admin', notBefore: now(), days: 1 }
    const key = keyToPem(privateKey)
    const ping = (ca: typeof own, usage: 'clientAuth' | 'serverAuth') => {
      const cert = issueCertificate({ ...order, ca, usages: [usage] })
      return call(controller.url, { ca: installer.ca, cert, key }, 'GET', '/v1/ping')
    }
    // The handshake accepts it; but nothing was issued with its number.
    expect((await ping(own, 'clientAuth')).json.code).toBe('identity/unknown')
    await expect(ping(foreign, 'clientAuth')).rejects.toThrow(/unknown ca|bad certificate|ECONNRESET|socket hang up/i)
    await expect(ping(own, 'serverAuth')).rejects.toThrow(/unsupported certificate|ECONNRESET|socket hang up/i)
    const without = await call(controller.url, { ca: installer.ca }, 'GET', '/v1/ping')
    expect([without.status, without.json.code]).toEqual([401, 'identity/none'])
    expect(without.headers).toMatchObject({ connection: 'close', 'www-authenticate': 'Bearer' })
  })

  it.each(['/v1/nodes/%', '/v1/nodes/%zz', '/v1/nodes/%ff', '/%2', '/v1/bundles/%c0%ae/x', '/v1/nodes?x=%zz'])(
    'answers a malformed %s with a client error, and logs nothing',
    async (path) => {
      lines.length = 0
      for (const credentials of [adminOf(controller), installer]) {
        const { status, text } = await call(controller.url, credentials, 'GET', path)
        expect([200, 400, 403, 404], text).toContain(status)
      }
      expect(lines).toEqual([])
    },
  )

  it('speaks TLS 1.3 only', async () => {
    const { port } = new URL(controller.url)
    const error = await new Promise<Error>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: Number(port), ...installer, maxVersion: 'TLSv1.2' })
      socket.on('error', resolve)
      socket.on('secureConnect', () => reject(new Error('connected')))
    })
    expect(error.message).toMatch(/protocol version/)
  })

  it('refuses expired installer credentials', async () => {
    installer = await createCluster(controller, 'short', { installerTtlDays: 1 })
    // Less than the life of the server's certificate, which follows the clock.
    aheadMs = 2 * DAY_MS
    const answer = await enrol(request('late').body)
    expect([answer.status, answer.json.code]).toEqual([403, 'identity/expired'])
  })

  it('refuses an expired installer certificate in the handshake', async () => {
    await controller.close()
    rmSync(dataDirectory, { recursive: true })
    aheadMs = -10 * DAY_MS
    controller = await start()
    const expired = await createCluster(controller, 'old', { installerTtlDays: 1 })
    await expect(call(controller.url, expired, 'GET', '/v1/ping')).rejects.toThrow(/expired|ECONNRESET|socket hang up/i)
  })

  it('refuses a removed node', async () => {
    const node = await enrolNode(controller, installer, 'one')
    expect((await admin('DELETE', `/v1/nodes/${node.id}`)).status).toBe(200)
    const answer = await call(controller.url, node, 'GET', '/v1/ping')
    expect([answer.status, answer.json.code]).toEqual([403, 'node/removed'])
  })
})

describe('enrolment', () => {
  it('waits for approval, then issues a certificate of 30 days for that key only', async () => {
    const { key, body } = request('one')
    const first = await enrol(body)
    expect([first.status, first.json.state, first.json.fingerprint]).toEqual([
      202,
      'DISCOVERED',
      fingerprint(key.publicKey),
    ])
    const waiting = call(controller.url, installer, 'GET', `/v1/enrol/${first.json.fingerprint}?waitMs=20000`)
    const began = Date.now()
    await admin('POST', `/v1/nodes/${first.json.nodeId}/approve`)
    const approved = await waiting
    expect(Date.now() - began).toBeLessThan(5_000)
    expect([approved.status, approved.json.state]).toEqual([200, 'APPROVED'])
    expect((await showNode(controller, first.json.nodeId)).state).toBe('APPROVED')
    const own = { ca: installer.ca, cert: approved.json.certificate, key: keyToPem(key.privateKey) }
    expect((await call(controller.url, own, 'GET', '/v1/ping')).status).toBe(200)
    const again = await enrol(body)
    expect(again.json.certificate).toBe(approved.json.certificate)
  })

  it('creates one node for all requests with the same key, also after a restart', async () => {
    const { body } = request('one')
    const ids = [await enrol(body), await enrol({ ...body, nodeName: 'other' })].map(({ json }) => json.nodeId)
    await controller.close()
    controller = await start()
    ids.push((await enrol(body)).json.nodeId)
    expect(new Set(ids).size).toBe(1)
    expect((await admin('GET', '/v1/nodes')).json.items).toHaveLength(1)
  })

  it('shows the precheck results before approval, and updates them with each request', async () => {
    const { body } = request('one')
    const ignored = { id: 'ntp', verdict: 'warn', found: 'none answers', ignored: 'the hypervisor does it' }
    const { nodeId } = (await enrol({ ...body, warnings: [ignored] })).json
    expect(await showNode(controller, nodeId)).toMatchObject({ state: 'DISCOVERED', warnings: [ignored] })
    const swap = { id: 'swap', verdict: 'warn', found: 'on' }
    await enrol({ ...body, warnings: [swap] })
    expect((await showNode(controller, nodeId)).warnings).toEqual([swap])
    await admin('POST', `/v1/nodes/${nodeId}/approve`)
    await enrol(body)
    expect((await showNode(controller, nodeId)).warnings).toEqual([swap])
    expect((await enrol({ ...body, warnings: [{ ...swap, more: 1 }] })).json.code).toBe('request/invalid')
  })

  it('approves automatically if the cluster is configured so', async () => {
    installer = await createCluster(controller, 'auto', { autoApprove: true })
    const answer = await enrol(request('one').body)
    expect([answer.status, answer.json.state]).toEqual([200, 'APPROVED'])
  })

  it('refuses an invalid request, another cluster and an unknown field', async () => {
    const { body } = request('one')
    const rsa = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const codes = [
      { ...body, csr: buildCsr(rsa.privateKey, 'x') },
      { ...body, clusterName: 'other' },
      { ...body, role: 'admin' },
      { ...body, nodeName: '../x' },
    ].map(async (each) => (await enrol(each)).json.code)
    const invalid = 'request/invalid'
    expect(await Promise.all(codes)).toEqual(['csr/invalid', 'enrol/other-cluster', invalid, invalid])
  })

  it('answers a rejected key with a refusal, and an unknown key with not found', async () => {
    const { body } = request('one')
    const { nodeId, fingerprint: name } = (await enrol(body)).json
    await admin('DELETE', `/v1/nodes/${nodeId}`)
    expect((await enrol(body)).json.code).toBe('enrol/refused')
    expect((await call(controller.url, installer, 'GET', `/v1/enrol/${name}`)).status).toBe(403)
    const unknown = await call(controller.url, installer, 'GET', `/v1/enrol/SHA256:${'A'.repeat(43)}`)
    expect([unknown.status, unknown.json.code]).toEqual([404, 'enrol/unknown'])
  })

  it('removes nodes that were not approved within a day', async () => {
    await enrol(request('one').body)
    aheadMs = 25 * 3_600_000
    controller.tick()
    expect((await admin('GET', '/v1/nodes')).json.items).toEqual([])
  })

  it('accepts a new node with the name of a removed node', async () => {
    const first = await enrolNode(controller, installer, 'one')
    await admin('DELETE', `/v1/nodes/${first.id}`)
    const second = await enrolNode(controller, installer, 'one')
    const { json } = await admin('GET', '/v1/nodes?all=1')
    expect(json.items.map((node: { id: string; state: string }) => [node.id, node.state])).toEqual([
      [first.id, 'REMOVED'],
      [second.id, 'APPROVED'],
    ])
  })
})

describe('limits', () => {
  it('refuses a body that is too large, too deeply nested or not JSON', async () => {
    const deep = `${'['.repeat(17)}${']'.repeat(17)}`
    const answers = await Promise.all([enrol({ csr: 'x'.repeat(100_000) }), enrol(deep), enrol('{')])
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
      [413, 'request/too-large'],
      [400, 'request/too-deep'],
      [400, 'request/no-json'],
    ])
  })

  it('refuses headers that are too large', async () => {
    const answer = await call(controller.url, installer, 'GET', '/v1/ping', undefined, {
      'x-large': 'x'.repeat(20_000),
    })
    expect(answer.status).toBe(431)
  })

  it('answers other paths with not found', async () => {
    const answer = await admin('GET', '/v1/../v1/clusters')
    expect([answer.status, answer.json.code]).toEqual([404, 'path/unknown'])
  })
})
