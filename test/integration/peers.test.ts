import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer, request as httpsRequest } from 'node:https'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join as join_ } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { piecePath, TICKET_HEADER } from '../../src/agent/execute/peers/piece-server.ts'
import { IMAGES } from '../../src/bundle/contents.ts'
import type { StoredBundle } from '../../src/bundle/import.ts'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { PIECE_PORT, type PiecesRequest, type PiecesResponse } from '../../src/protocol/api/delivery/pieces.ts'
import { countingProxy } from '../bench/delivery/counting-proxy.ts'
import { importTinyBundle } from '../support/controller/bundle.ts'
import {
  adminOf,
  type Credentials,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
} from '../support/controller/client.ts'
import { imageOf } from '../support/peers/image.ts'
import { type PeerNode, type PeerNodeOptions, peerNode } from '../support/peers/peer-node.ts'
import { installed, readyNode } from '../support/peers/ready-node.ts'
import { waitFor } from '../support/wait-for.ts'

const MB = 1_000_000
/** Half of it cannot be compressed. */
const content = Buffer.concat([randomBytes(4 * MB), Buffer.alloc(4 * MB, 'kubelet')])

let dataDirectory: string
let controller: Controller
let bundle: StoredBundle
let image: { name: string; archive: Buffer }
let made = 0

beforeAll(async () => {
  dataDirectory = mkdtempSync(join_(tmpdir(), 'peers-'))
  controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
  const name = Object.keys(IMAGES).find((each) => each.endsWith('/kube-proxy')) ?? ''
  image = { name: `${name}:${DEFAULT_VERSIONS.kubernetes}`, archive: Buffer.alloc(0) }
  image.archive = await imageOf(image.name, 2 * MB)
  const contents = { kubelet: content, [image.name]: image.archive }
  bundle = await importTinyBundle(dataDirectory, { contents })
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

/** A cluster whose nodes hand on pieces; `join` adds one that downloads the bundle. */
async function site(peerUploads = 'unlimited') {
  const installer = await createCluster(controller, `c${++made}`, { autoApprove: true, peerUploads })
  const through = await countingProxy(controller.port)
  const stop = new AbortController()
  onTestFinished(() => {
    stop.abort()
    through.close()
  })
  let count = 0
  async function join(
    more: Partial<PeerNodeOptions> = {},
  ): Promise<PeerNode & { node: EnrolledNode; address: string; directory: string }> {
    const address = `127.2.${made}.${++count}`
    const node = more.node ?? (await enrolNode(controller, installer, `n${count}`, undefined, address))
    const directory = mkdtempSync(join_(tmpdir(), 'peer-'))
    const joined = await peerNode({
      ...{ node, address, bundle, dataDirectory, directory, signal: stop.signal },
      ...{ url: `https://127.0.0.1:${through.port}`, ...more },
    })
    onTestFinished(async () => {
      await joined.close()
      rmSync(directory, { recursive: true, force: true })
    })
    return { ...joined, node, address, directory: more.directory ?? directory }
  }
  /** A node that says that it has all pieces, and answers like this. */
  async function pretend(behave: (response: ServerResponse) => void): Promise<EnrolledNode & { asked: () => number }> {
    const address = `127.2.${made}.${++count}`
    const node = await enrolNode(controller, installer, `n${count}`, undefined, address)
    let asked = 0
    const tls = { ca: node.ca, cert: node.cert, key: node.key }
    const server = createServer({ ...tls, requestCert: true }, (_, response) => {
      asked += 1
      behave(response)
    })
    server.listen(PIECE_PORT, address)
    await once(server, 'listening')
    onTestFinished(() => {
      server.close().closeAllConnections()
    })
    await trade(node, { port: PIECE_PORT, have: 'all' })
    return { ...node, asked: () => asked }
  }
  /** Hands on what a node has that has installed the bundle, when it is there. */
  async function ready(
    { node, address, directory }: { node: EnrolledNode; address: string; directory: string },
    blobs: string,
  ) {
    const own = new AbortController()
    const url = `https://127.0.0.1:${through.port}`
    const signal = AbortSignal.any([own.signal, stop.signal])
    const { ended } = readyNode({ node, address, url, bundle, dataDirectory, directory, blobs, signal })
    await waitFor('the ready node to listen', async () => (await askHolder(address, node)) === 403)
    return { ended, stop: () => own.abort() }
  }
  return { join, pretend, ready, installer, received: () => through.bytes() }
}

/** Asks the controller as a node does. */
async function trade(
  node: EnrolledNode,
  { have = [], ...request }: Partial<Omit<PiecesRequest, 'have'>> & { have?: number[] | 'all' },
): Promise<PiecesResponse> {
  const ask = async (more: object) => {
    const body = { have: [], want: [], free: 0, ...request, ...more }
    const path = `/v1/node/pieces/${bundle.manifestSha256}`
    const answer = await call(controller.url, node, 'POST', path, body)
    if (answer.status !== 200) throw new Error(answer.text)
    return answer.json as PiecesResponse
  }
  const { list } = await ask({})
  if (!list) return ask({})
  const all = Array.from(list.files.flatMap(({ sha256 }) => sha256).keys())
  return ask({ list: list.id, have: have === 'all' ? all : have })
}

const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const expectContent = (path: string) => expect(sum(readFileSync(path))).toBe(sum(content))

it('nodes that download at the same time hand on what the controller sends once', async () => {
  const { join, received } = await site()
  const nodes = await Promise.all([join(), join(), join(), join()])
  const paths = await Promise.all(nodes.map((node) => node.fetch('kubelet')))
  for (const path of paths) expectContent(path)
  // Without peers: four times 4 MB.
  expect(received()).toBeLessThan(1.5 * 4 * MB)
  expect(nodes.flatMap(({ lines }) => lines)).toEqual([])
  await Promise.all(nodes.map(({ close }) => close()))
  const told = nodes.map(({ lines }) =>
    Number(/^info other nodes sent (\d+) pieces of the bundle \(/.exec(lines.join())?.[1]),
  )
  expect(Math.min(...told)).toBeGreaterThan(0)
})

it('a node that has installed the bundle hands it on to one that joins later', async () => {
  const { join, ready, received } = await site()
  const first = await join()
  const paths = [await first.fetch('kubelet'), await first.fetchImage(image.name)]
  await first.discard()
  const blobs = join_(first.directory, 'blobs')
  installed(paths, blobs)
  // The kubelet came compressed, so its pieces stay; those of the image do not: containerd has what they were made of.
  const pieces = join_(first.directory, bundle.manifestSha256, 'pieces')
  const kept = readdirSync(pieces, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  expect(kept.length).toBe(1)
  expect(statSync(join_(kept[0]?.parentPath ?? '', kept[0]?.name ?? '')).size).toBeLessThan(4.5 * MB)
  const { ended, stop } = await ready(first, blobs)

  const before = received()
  const later = await join()
  expectContent(await later.fetch('kubelet'))
  const archive = await later.fetchImage(image.name)
  expect(readFileSync(archive).equals(image.archive)).toBe(true)
  // The list of pieces and what was said; without the ready node: 6 MB.
  expect(received() - before).toBeLessThan(0.2 * MB)
  await later.discard()
  expect(later.lines).toEqual([
    expect.stringMatching(/^info other nodes sent \d+ pieces of the bundle \(.* MB; the controller sent 0\.0 MB\)$/),
  ])
  stop()
  await ended
})

it('a controller that is not there is left for the next one, and the undo of what is made is recorded', async () => {
  const { join, received } = await site()
  const deadUrls = ['https://127.0.0.1:1']
  const nodes = await Promise.all([join({ deadUrls }), join({ deadUrls }), join({ deadUrls }), join({ deadUrls })])
  const paths = await Promise.all(nodes.map((node) => node.fetch('kubelet')))
  expect(received()).toBeLessThan(1.5 * 4 * MB)
  for (const [at, path] of paths.entries()) {
    expectContent(path)
    expect(nodes[at]?.recorded).toEqual(expect.arrayContaining([dirname(path), `${path}.zst.part`]))
  }
})

it('a peer that sends something wrong is named, and not asked again', async () => {
  const { join, pretend } = await site()
  const liar = await pretend((response) => response.end(Buffer.alloc(256 * 1024)))
  const node = await join()
  expectContent(await node.fetch('kubelet'))
  expect(node.lines).toEqual([
    expect.stringMatching(/^warn node n1 \(127\..*:7444\) sent a wrong piece of bin\/kubelet/),
  ])
  // At most as many as it begins with.
  expect(liar.asked()).toBeLessThanOrEqual(4)
  expect(liar.asked()).toBeGreaterThan(0)
})

it('a peer that refuses, is silent, or is not there costs only time', async () => {
  const { join, pretend } = await site()
  await pretend((response) => response.writeHead(404).end())
  await pretend(() => undefined)
  const { node: dead } = await join()
  await trade(dead, { port: PIECE_PORT, have: 'all' })
  const node = await join()
  expectContent(await node.fetch('kubelet'))
  expect(node.lines.sort()).toEqual([
    expect.stringMatching(/^info node n1 .* hands on no pieces to this node: it answered 404$/),
    expect.stringMatching(/^info node n2 .*: n-.* sent nothing for 5000 ms$/),
    expect.stringMatching(/^info node n3 .*connection refused/),
  ])
})

it('a peer with another certificate than the controller names is left', async () => {
  const { join, pretend } = await site()
  const holder = await pretend((response) => response.end())
  // The controller knows its place by another certificate.
  await trade({ ...holder, ...(await renewed(holder)) }, { port: PIECE_PORT, have: 'all' })
  const node = await join()
  expectContent(await node.fetch('kubelet'))
  expect(holder.asked()).toBe(0)
  expect(node.lines).toEqual([expect.stringContaining('has not the certificate that the controller named')])
})

async function renewed(node: EnrolledNode): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const body = { csr: buildCsr(privateKey, 'any') }
  const answer = await call(controller.url, node, 'POST', '/v1/node/certificate', body)
  return { ca: node.ca, cert: answer.json.certificate, key: keyToPem(privateKey) }
}

/** The status with which a holder answers a client. */
function askHolder(
  address: string,
  client: Credentials | undefined,
  ticket?: object,
  path = piecePath(bundle.manifestSha256, 0),
) {
  const headers = ticket && { [TICKET_HEADER]: Buffer.from(JSON.stringify(ticket)).toString('base64url') }
  return new Promise<number | string>((resolve) => {
    const sent = httpsRequest({
      ...{ host: address, port: PIECE_PORT, path, agent: false, rejectUnauthorized: false },
      ...(client && { cert: client.cert, key: client.key }),
      ...(headers && { headers }),
    })
    sent.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', ({ message }) => resolve(message))
    sent.end()
  })
}

it('a node hands on pieces only to nodes of its cluster with a ticket of the controller', async () => {
  const { join, installer } = await site()
  const holder = await join()
  const { node: asker } = await join()
  await holder.fetch('kubelet')
  const wanted = Array.from({ length: 64 }, (_, at) => at)
  const { piece, from } = await waitFor('a holder', async () => {
    const { take } = await trade(asker, { want: wanted, free: 8 })
    return take.flatMap((each) => (each.from ? [{ ...each, from: each.from }] : []))[0]
  })
  const { ticket } = from
  expect(from).toMatchObject({ node: holder.node.id, address: holder.address, port: PIECE_PORT })
  expect(await askHolder(holder.address, asker, ticket, piecePath(bundle.manifestSha256, piece))).toBe(200)
  expect(await askHolder(holder.address, asker, ticket, piecePath('0'.repeat(64), piece))).toBe(404)
  expect(await askHolder(holder.address, asker)).toBe(403)
  const { payload } = ticket
  expect(await askHolder(holder.address, asker, { ...ticket, payload: payload.replace('20', '21') })).toBe(403)
  // Of another node of the cluster, of the installer, of a node of another cluster and of another controller.
  const { node: third } = await join()
  expect(await askHolder(holder.address, third, ticket)).toBe(403)
  expect(await askHolder(holder.address, installer, ticket)).toBe(403)
  const { node: foreign } = await (await site()).join()
  expect(await askHolder(holder.address, foreign, ticket)).toBe(403)
  expect((await trade(foreign, { want: [0], free: 1 })).take).toEqual([{ piece: 0 }])
  expect(await askHolder(holder.address, undefined, ticket)).toMatch(/certificate required/)
  expect(await askHolder(holder.address, ofOtherController(asker), ticket)).toMatch(/unknown ca|hang up|ECONNRESET/i)
})

it('a node that stops to hand on is asked no more, at once', async () => {
  const { join } = await site()
  const [holder, other] = await Promise.all([join(), join()])
  await Promise.all([holder.fetch('kubelet'), other.fetch('kubelet')])
  await Promise.all([holder.close(), other.close()])
  const later = await join()
  expectContent(await later.fetch('kubelet'))
  expect(later.lines).toEqual([])
})

it('nobody listens without the setting, and with it not when the only node is alone', async () => {
  const { join, installer } = await site('none')
  const nodes = await Promise.all([join(), join()])
  await Promise.all(nodes.map((node) => node.fetch('kubelet')))
  for (const { address } of nodes) expect(await askHolder(address, undefined)).toMatch(/ECONNREFUSED/)
  const path = `/v1/clusters/${installer.cluster.name}/settings`
  const changed = await call(controller.url, adminOf(controller), 'POST', path, { settings: { peerUploads: '20MiB' } })
  expect(changed.status).toBe(200)
  const alone = await join()
  expectContent(await alone.fetch('kubelet'))
  expect(await askHolder(alone.address, undefined)).toMatch(/ECONNREFUSED/)
  const later = await join()
  expectContent(await later.fetch('kubelet'))
  await waitFor('both to listen', async () => (await askHolder(alone.address, later.node)) === 403)
  await call(controller.url, adminOf(controller), 'POST', path, { settings: { peerUploads: 'none' } })
  await waitFor('nobody to listen', async () => /ECONNREFUSED/.test(String(await askHolder(alone.address, later.node))))
})

it('a node whose port is in use says so once, and downloads', async () => {
  const { join } = await site()
  const first = await join()
  const server = createNetServer().listen(PIECE_PORT, first.address)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const second = await join()
  const fetched = await Promise.all([first.fetch('kubelet'), second.fetch('kubelet')])
  for (const path of fetched) expectContent(path)
  await waitFor('a line', () => first.lines.length > 0)
  expect(first.lines).toEqual([expect.stringMatching(/^info this node hands on no pieces: .*EADDRINUSE/)])
})

it('what was here when a run was killed is not fetched again, and damaged pieces are', async () => {
  const { join, received } = await site()
  const other = await join()
  await other.fetch('kubelet')
  const directory = mkdtempSync(join_(tmpdir(), 'peer-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const first = await join({ directory })
  await first.fetch('kubelet')
  // As if the process had ended before the file was complete.
  await first.close()
  const own = join_(directory, bundle.manifestSha256)
  const path = join_(own, 'bin/kubelet')
  rmSync(path)
  const [listId] = readdirSync(join_(own, 'pieces'))
  const files = join_(own, 'pieces', String(listId))
  const kept = readdirSync(files).map((name) => join_(files, name))
  const largest = kept.sort((a, b) => statSync(b).size - statSync(a).size)[0] as string
  const bytes = readFileSync(largest)
  bytes.fill(0, 300_000, 300_010)
  writeFileSync(largest, bytes)
  await other.close()
  const before = received()
  const again = await join({ directory, node: first.node, address: first.address })
  expectContent(await again.fetch('kubelet'))
  // One piece, and what was said.
  expect(received() - before).toBeLessThan(600_000)
  expect(received() - before).toBeGreaterThan(256 * 1024)
})

it('a removed node gets no more answers, and is no holder any more', async () => {
  const { join, pretend } = await site()
  const gone = await pretend((response) => response.end())
  const { node } = await join()
  expect((await trade(node, { want: [0], free: 1 })).take).toMatchObject([{ piece: 0, from: { node: gone.id } }])
  const removed = await call(controller.url, adminOf(controller), 'DELETE', `/v1/nodes/${gone.id}`)
  expect(removed.status).toBe(200)
  await expect(trade(gone, {})).rejects.toThrow()
  expect((await trade(node, { want: [0], free: 1 })).take).toEqual([])
  expect((await trade(node, { want: [0], free: 1 })).take).toEqual([{ piece: 0 }])
})

/** A certificate with the same subject. */
function ofOtherController({ id }: EnrolledNode): Credentials {
  const directory = mkdtempSync(join_(tmpdir(), 'authority-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const authority = openAuthority(directory, new Date(), false)
  const { publicKey, privateKey } = createKeyPair()
  const cert = authority.clientCertificate({ kind: 'node', identity: id, publicKey, days: 1, now: new Date() })
  return { ca: authority.ca, cert, key: keyToPem(privateKey) }
}
