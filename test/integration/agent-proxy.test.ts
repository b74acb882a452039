import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openProvisionParams } from '../../src/agent/execute/provision-params.ts'
import { dial } from '../../src/agent/link/dial.ts'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import { linuxNetwork } from '../../src/host/linux/network/network.ts'
import type { HttpProxy } from '../../src/host/network.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { ofFirstController } from '../../src/operator/first-controller.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import { agentRoutes } from '../../src/protocol/api/agents.ts'
import { NodeParams } from '../../src/protocol/wire/instruction.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { createCluster, enrolNode } from '../support/controller/client.ts'
import { startCluster } from '../support/controller/start-cluster.ts'
import { serverCertificate } from '../support/images/server-certificate.ts'
import { startTerminatingProxy, type TerminatingProxy } from '../support/proxies/terminating-proxy.ts'

/** A name that only the proxy resolves: a successful request used the proxy. */
const NAME = 'controller.invalid'
const CONTENT = Buffer.from('kubelet')

let directory: string
let controller: Controller
let proxy: Server
let asked: string[]

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'proxy-'))
  controller = await startController({
    dataDirectory: join(directory, 'controller'),
    listen: { host: '127.0.0.1', port: 0 },
    publicUrls: [`https://${NAME}`],
    tickMs: 600_000,
  })
  asked = []
  proxy = createServer().on('connect', (request, socket: Socket) => {
    const user = Buffer.from(request.headers['proxy-authorization']?.slice(6) ?? '', 'base64').toString()
    asked.push(`${user} ${request.url}`)
    const up = connect(controller.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      up.pipe(socket).pipe(up)
    })
    up.on('error', () => socket.destroy())
    socket.on('error', () => up.destroy())
    socket.on('close', () => up.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
})
afterEach(async () => {
  proxy.close()
  await controller.close()
  rmSync(directory, { recursive: true })
})

test('manifest, files and the operator’s certificate are fetched through the proxy of the installation', async () => {
  const id = await fetchAll(`https://${NAME}:${controller.port}`, (user) => ({
    url: `http://${user}:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  }))
  expect(asked.length).toBeGreaterThanOrEqual(4)
  expect(new Set(asked)).toEqual(new Set([`${id}:secret ${NAME}:${controller.port}`]))
})

describe('a proxy that ends TLS', () => {
  let terminating: TerminatingProxy
  beforeAll(async () => {
    terminating = await startTerminatingProxy({ users: ['node:hunter2'] })
  })
  afterAll(() => terminating?.stop())
  const withUser = () => terminating.url.replace('//', '//node:hunter2@')
  const connect = async (way: HttpProxy) => {
    const { ca, cert, key } = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
    const target = {
      url: `https://127.0.0.1:${controller.port}`,
      path: '/v1/agent',
      tls: { ca, cert, key },
      proxy: way,
    }
    return dial({ ...target, timeoutMs: 10_000, maxMessageBytes: 1_000_000 })
  }

  test('manifest, files and certificate come through it, with the certificates of both ends', async () => {
    await fetchAll(`https://127.0.0.1:${controller.port}`, () => ({ url: withUser(), inspects: true }))
    expect(terminating.log()).toContain(`/v1/tunnel`)
    expect(terminating.log()).not.toContain('/v1/bundles')
  })

  test('a session of an agent', async () => {
    const socket = await connect({ url: withUser(), inspects: true })
    expect(socket.protocol).toBe('cantrip.v2')
    socket.terminate()
    await once(socket, 'close')
  })

  test('the operator, which reports from inside the cluster', async () => {
    const { ca, cert, key } = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
    const urls = ['https://127.0.0.1:1', `https://127.0.0.1:${controller.port}`]
    const identity = { urls, ca, cert, key, proxy: { url: withUser(), inspects: true } as const }
    const before = terminating.log().split('/v1/tunnel').length
    await ofFirstController(identity, AbortSignal.timeout(10_000), (askIt) => askIt(agentRoutes.ping, {}))
    expect(terminating.log().split('/v1/tunnel').length).toBeGreaterThan(before)
  })

  test.each<[string, () => HttpProxy, object]>([
    [
      'without saying that it ends TLS',
      () => ({ url: withUser() }),
      { stage: 'tls', message: /another CA.*mitmproxy/ },
    ],
    [
      'without its user',
      () => ({ url: terminating.url, inspects: true }),
      { stage: 'proxy', message: /user name and password \(407\)/ },
    ],
  ])('%s it is no way to the controller', async (_, way, error) => {
    const { stage, message } = error as { stage: string; message: RegExp }
    await expect(connect(way())).rejects.toMatchObject({ stage, message: expect.stringMatching(message) })
  })

  test('what comes without a certificate, or with that of another controller, does not get in', async () => {
    const way: HttpProxy = { url: withUser(), inspects: true }
    const { ca } = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
    const url = `https://127.0.0.1:${controller.port}/v1/agents/ping`
    await expect(linuxNetwork.request(url, { tls: { ca }, proxy: way, timeoutMs: 5_000 })).rejects.toThrow()
    const other = serverCertificate('other')
    const identity = { ca, cert: other.certificate, key: other.key }
    await expect(linuxNetwork.request(url, { tls: identity, proxy: way, timeoutMs: 5_000 })).rejects.toThrow()
    const trusting = { ca: other.ca }
    await expect(linuxNetwork.request(url, { tls: trusting, proxy: way, timeoutMs: 5_000 })).rejects.toMatchObject({
      stage: 'tls',
    })
  })
})

/** Fetches what an agent fetches. Returns the id of the node. */
async function fetchAll(url: string, way: (user: string) => HttpProxy): Promise<string> {
  const { manifestSha256, publicKey, manifest } = await importSmallBundle(join(directory, 'controller'), CONTENT)
  const node = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
  await startCluster(controller, node, 'demo')
  const { id, ca, cert, key } = node
  const cluster = { id: 'c-aaaaaaaaaa', name: 'demo' }
  const machine = linuxMachine()
  const host = recordingHost({ machine, record: async () => undefined, backupDirectory: join(directory, 'backups') })
  const params = await openProvisionParams(
    {
      run: 'r-aaaaaaaaaa',
      params: NodeParams.parse({
        bundle: { name: manifest.name, manifestSha256, publicKey },
        cluster: {
          ...cluster,
          kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
          cni: 'none',
          podSubnet: '10.244.0.0/16',
          serviceSubnet: '10.96.0.0/12',
          dedicatedMasters: false,
          endpoint: '10.0.0.1:6443',
          masters: [{ name: 'one', address: '10.0.0.1' }],
          overrides: {},
        },
        node: { name: 'one', address: '10.0.0.1', roles: ['master'], labels: {} },
      }),
    },
    'first-master',
    {
      config: {
        format: 1,
        nodeName: 'one',
        urls: [url],
        cluster,
        instructionKey: '',
        proxy: way(id),
      },
      tls: { ca, cert, key },
      directory: join(directory, 'bundle'),
      host,
      signal: AbortSignal.timeout(20_000),
    },
  )
  const path = await params.bundleStore.fetch(host, params.bundleStore.file('binary', 'kubelet'))
  expect(readFileSync(path)).toEqual(CONTENT)
  expect(await params.requestOperatorCertificate(buildCsr(createKeyPair().privateKey, 'x'))).toContain('CERTIFICATE')
  return id
}
