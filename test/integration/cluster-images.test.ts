import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Arch } from '../../src/bundle/arch.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import type { ImageView } from '../../src/protocol/images/routes.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import type { Images } from '../../src/protocol/wire/lists/images.ts'
import { connectAgent, facts, type ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, createCluster, type EnrolledNode, enrolNode } from '../support/controller/client.ts'
import { startCluster } from '../support/controller/start-cluster.ts'
import { addArchive, sendPart } from '../support/images/upload.ts'
import { waitFor } from '../support/wait-for.ts'

const NAME = 'registry.example/team/tool:v1'
const OTHER = 'registry.example/team/other:v2'
const CAPABLE = { capabilities: [...CAPABILITIES] }

let dataDirectory: string
let controller: Controller
let node: EnrolledNode
let agent: ScriptedAgent
let stranger: EnrolledNode

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'images-'))
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000 })
  const installer = await createCluster(controller, 'demo')
  node = await enrolNode(controller, installer, 'one')
  stranger = await enrolNode(controller, await createCluster(controller, 'elsewhere'), 'two')
  const first = await startCluster(controller, node, 'demo')
  first.socket.close()
  await first.closed
  agent = await connectAgent(controller, node, 0, facts, CAPABLE)
}, 60_000)
afterAll(async () => {
  agent.socket.close()
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

/** An archive with an image whose layer has this text. */
async function archiveOf(name: string, text: string, arch: Arch = 'x64'): Promise<Buffer> {
  const { bytes } = await imageArchive({ name, arch, layer: new Map([['/text', { text }]]) })
  return buffer(Readable.from(bytes()))
}
const ask = (method: string, path: string, body?: unknown) =>
  call(controller.url, adminOf(controller), method, path, body)
const list = async (cluster = 'demo'): Promise<ImageView[]> =>
  (await ask('GET', `/v1/clusters/${cluster}/images`)).json.images
const add = (archive: Buffer, more?: object) => addArchive(controller, 'demo', archive, more)
const remove = (name: string) => ask('DELETE', `/v1/clusters/demo/images/${name}`)
async function nextList(of: ScriptedAgent): Promise<Images & { signed: { payload: string; signature: string } }> {
  const { body } = await of.next('images')
  return { ...(JSON.parse(body.payload) as Images), signed: body }
}
const archives = () => readdirSync(join(dataDirectory, 'bundles')).filter((name) => /^[0-9a-f]{64}\.tar$/.test(name))
const left = () => readdirSync(join(dataDirectory, 'bundles')).filter((name) => /^(upload|taken|import)-/.test(name))

it('an image that is added is told to the nodes, signed; they fetch it, and it is listed', async () => {
  const text = 'x'.repeat(200_000)
  const added = await add(await archiveOf(NAME, text))
  expect(added.status, added.text).toBe(200)
  expect(added.json.images).toMatchObject([{ name: NAME, pinned: true, nodes: { have: [], wanted: 1 }, problems: [] }])

  const told = await nextList(agent)
  const { instructionKey } = openAuthority(join(dataDirectory, 'pki'), new Date(), true)
  const key = createPublicKey({ key: Buffer.from(instructionKey, 'base64'), type: 'spki', format: 'der' })
  const { payload, signature } = told.signed
  expect(verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64'))).toBe(true)
  expect(told.node).toBe(node.id)
  const archive = told.images[0]?.archives.x64
  expect(told.images).toEqual([
    { name: NAME, pinned: true, addedAt: expect.any(String), archives: { x64: expect.anything() } },
  ])
  const path = `/v1/images/${archive?.sha256}`
  const fetched = await call(controller.url, node, 'GET', path)
  const bytes = Buffer.from(fetched.text, 'latin1')
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(archive?.sha256)
  const compressed = await call(controller.url, node, 'GET', path, undefined, { 'accept-encoding': 'zstd' })
  expect(compressed.headers['content-encoding']).toBe('zstd')
  expect(zstdDecompressSync(Buffer.from(compressed.text, 'latin1')).equals(bytes)).toBe(true)
  expect((await call(controller.url, stranger, 'GET', path)).json.code).toBe('images/unknown-file')

  const digest = archive?.digest ?? ''
  const addedAt = told.images[0]?.addedAt
  agent.send('facts', { ...facts, addedImages: [{ name: NAME, digest, addedAt }] })
  await waitFor('the node in the list', async () => (await list())[0]?.nodes.have.includes('one') || undefined)
  expect(left()).toEqual([])
})

it('a node that connects later gets the list once, and one that has it gets none', async () => {
  agent.socket.close()
  await agent.closed
  agent = await connectAgent(controller, node, 0, facts, CAPABLE)
  const told = await nextList(agent)
  const sha256 = createHash('sha256').update(JSON.stringify(told.images)).digest('hex')
  agent.socket.close()
  await agent.closed
  agent = await connectAgent(controller, node, 0, facts, {
    ...CAPABLE,
    knownImages: { issuedAt: told.issuedAt, sha256 },
  })
  await add(await archiveOf(OTHER, 'other'))
  const next = await nextList(agent)
  expect(next.images.map(({ name }) => name)).toEqual([OTHER, NAME])
  expect(next.issuedAt > told.issuedAt).toBe(true)
})

it('an image of the same name replaces the earlier one; what is removed is told, and its archive goes when nobody needs it', async () => {
  const before = archives()
  await add(await archiveOf(OTHER, 'changed'), { unpinned: true })
  const replaced = await nextList(agent)
  expect(replaced.images).toMatchObject([{ name: OTHER, pinned: false }, { name: NAME }])
  expect((await remove(OTHER)).status).toBe(200)
  expect((await nextList(agent)).images.map(({ name }) => name)).toEqual([NAME])
  expect((await remove(OTHER)).json).toMatchObject({ status: 404, code: 'images/unknown' })
  expect(archives().length).toBe(before.length + 1)
  const long = new Date(Date.now() - 7_200_000)
  for (const name of archives()) utimesSync(join(dataDirectory, 'bundles', name), long, long)
  await controller.close()
  controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 50 })
  await waitFor('the archives that nobody needs to go', () => archives().length === 1 || undefined)
  await controller.close()
  controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000 })
  expect((await list()).map(({ name }) => name)).toEqual([NAME])
})

it('each change has an entry in the audit log, and an event', async () => {
  const { json } = await ask('GET', '/v1/audit?cluster=demo')
  const actions = json.entries.map(({ action }: { action: string }) => action)
  expect(actions.filter((action: string) => /Images?$/.test(action))).toEqual(
    expect.arrayContaining(['addImages', 'removeImage']),
  )
  const { events } = (await ask('GET', '/v1/events?cluster=demo')).json
  const states = events.flatMap(({ event }: { event: { kind: string; state: string; image: string } }) =>
    event.kind === 'image-state' ? [`${event.image} ${event.state}`] : [],
  )
  expect(states).toEqual(
    expect.arrayContaining([`${NAME} added`, `${NAME} here`, `${OTHER} added`, `${OTHER} removed`]),
  )
})

it('an archive of several images in any wrapping', async () => {
  const index = async (name: string) => archiveOf(name, `of ${name}`)
  const several = await severalIn([await index('docker.io/library/a:1'), await index('docker.io/library/b:1')])
  const added = await add(gzipSync(several))
  expect(added.status, added.text).toBe(200)
  expect(added.json.images.map(({ name }: ImageView) => name)).toEqual([
    'docker.io/library/a:1',
    'docker.io/library/b:1',
  ])
  for (const name of ['docker.io/library/a:1', 'docker.io/library/b:1']) await remove(name)
})

const REFUSED: [what: string, make: () => Promise<Buffer>, code: string, message: RegExp][] = [
  ['for another architecture', () => archiveOf(OTHER, 'x', 'arm64'), 'images/invalid', /it is for arm64; wanted amd64/],
  ['a page of HTML', async () => Buffer.from('<!DOCTYPE html><html>404</html>'), 'images/invalid', /HTML/],
  ['random bytes', async () => randomBytes(10_000), 'images/invalid', /archive/],
  [
    'with a damaged blob',
    async () => {
      const archive = await archiveOf(OTHER, 'y'.repeat(50_000))
      const at = archive.indexOf('"rootfs"')
      archive[at + 1] = 0x52
      return archive
    },
    'images/invalid',
    /damaged/,
  ],
  [
    'with the name of an image of the bundle',
    () => archiveOf('registry.k8s.io/pause:3.10.2', 'x'),
    'images/in-bundle',
    /pause/,
  ],
  [
    'with another version of one',
    () => archiveOf('registry.k8s.io/kube-proxy:v1.2.3', 'x'),
    'images/in-bundle',
    /kube-proxy/,
  ],
  ['with a name that is none', () => archiveOf('registry.example/UPPER:v1', 'x'), 'images/invalid', /UPPER/],
  ['with a name that leaves its place', () => archiveOf('registry.example/../../x:v1', 'x'), 'images/invalid', /\.\./],
]
it.each(REFUSED)('refuses an image %s', async (_, make, code, message) => {
  const before = await list()
  const { status, json } = await add(await make())
  expect([status < 500, json.code, json.detail]).toEqual([true, code, expect.stringMatching(message)])
  expect(json.fix).not.toBe('')
  expect(await list()).toEqual(before)
  expect(left()).toEqual([])
})

it('an upload goes on where it was interrupted, and a part that comes twice counts once', async () => {
  const archive = await archiveOf(OTHER, 'z'.repeat(30_000))
  const sha256 = createHash('sha256').update(archive).digest('hex')
  const size = archive.length
  const part = (offset: number, to: number) =>
    sendPart(controller, 'demo', { sha256, offset, size, bytes: archive.subarray(offset, to) })
  expect((await part(0, 1_000)).json).toEqual({ received: 1_000 })
  expect((await part(0, 1_000)).json).toEqual({ received: 1_000 })
  expect((await part(5_000, 6_000)).json).toEqual({ received: 1_000 })
  expect((await part(0, 0)).json).toEqual({ received: 1_000 })
  const early = await ask('POST', '/v1/clusters/demo/images', { upload: sha256 })
  expect(early.json.code).toBe('images/not-uploaded')
  expect((await part(0, size)).json).toEqual({ received: size })
  expect((await part(size, size)).json).toEqual({ received: size })
  const longer = await sendPart(controller, 'demo', { sha256, offset: size, size, bytes: Buffer.from('x') })
  expect(longer.json.code).toBe('images/too-large')
  expect((await ask('POST', '/v1/clusters/demo/images', { upload: sha256 })).status).toBe(200)
  await remove(OTHER)
})

it('more than an archive may have, and more uploads than at a time, are refused', async () => {
  const bytes = Buffer.from('x')
  const at = (sha256: string, size: number) => sendPart(controller, 'demo', { sha256, offset: 0, size, bytes })
  expect((await at('a'.repeat(64), 9 * 2 ** 30)).json.code).toMatch(/^(images\/too-large|images\/no-space)$/)
  const codes = []
  for (let each = 0; each < 3; each++) codes.push((await at(String(each).padStart(64, '0'), 100)).json.code)
  expect(codes).toEqual([undefined, undefined, 'images/uploading'])
  for (const name of left()) rmSync(join(dataDirectory, 'bundles', name))
})

it('parts that do not arrive hold the memory of few, and one that is given up makes room', async () => {
  const { hostname, port } = new URL(controller.url)
  const path = (each: number) => `/v1/clusters/demo/uploads/${String(each).padStart(64, '0')}?offset=0&size=100`
  const begin = (each: number) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': 100 }
    const sent = request({
      hostname,
      port,
      path: path(each),
      method: 'POST',
      agent: false,
      ...adminOf(controller),
      headers,
    })
    let isAnswered = false
    const status = new Promise<number | undefined>((resolve) => {
      sent.on('response', (response) => {
        isAnswered = true
        resolve(response.resume().statusCode)
      })
      sent.on('error', () => resolve(undefined))
    })
    sent.write('x')
    return { sent, status, isOpen: () => !isAnswered }
  }
  const held = [0, 1, 2, 3, 4].map(begin)
  expect(await Promise.race(held.map(({ status }) => status))).toBe(429)
  const open = held.filter(({ isOpen }) => isOpen())
  expect(open).toHaveLength(4)
  for (const { sent } of open) sent.destroy()
  const sha256 = 'f'.repeat(64)
  const again = await waitFor('a part that is taken', async () => {
    const { status } = await sendPart(controller, 'demo', { sha256, offset: 0, size: 100, bytes: Buffer.from('x') })
    return status === 429 ? undefined : status
  })
  expect(again).toBe(200)
  for (const name of left()) rmSync(join(dataDirectory, 'bundles', name))
})

it('adds and removals at the same time leave a list that is one of them', async () => {
  const [one, other] = [await archiveOf(OTHER, 'one'), await archiveOf(OTHER, 'other')]
  const done = await Promise.all([add(one), remove(OTHER), add(other), remove(OTHER)])
  for (const { status } of done) expect([200, 404]).toContain(status)
  const after = await list()
  expect(after.length).toBeLessThanOrEqual(2)
  for (const { archives } of after) {
    for (const { bytes } of archives) expect(bytes).toBeGreaterThan(0)
  }
  await remove(OTHER)
})

it('of two requests with the same upload, one is refused or finds nothing', async () => {
  const archive = await archiveOf(OTHER, 'same')
  const [one, other] = await Promise.all([add(archive), add(archive)].map((each) => each.catch(() => undefined)))
  expect([one?.status, other?.status]).toContain(200)
  await remove(OTHER)
})

/** The layouts of several archives as one. */
async function severalIn(all: Buffer[]): Promise<Buffer> {
  const { Parser } = await import('tar')
  const { contentOf, tarBytes } = await import('../../src/bundle/make/tar.ts')
  const files = new Map<string, Buffer>()
  const manifests: unknown[] = []
  for (const archive of all) {
    await new Promise<void>((resolve) => {
      const parser = new Parser({
        onReadEntry(entry) {
          const chunks: Buffer[] = []
          entry.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
          entry.on('end', () => {
            const bytes = Buffer.concat(chunks)
            if (entry.path === 'index.json') manifests.push(...JSON.parse(bytes.toString()).manifests)
            else files.set(entry.path, bytes)
          })
        },
      })
      parser.on('end', () => resolve())
      parser.end(archive)
    })
  }
  files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })))
  const entries = [...files].map(([path, bytes]) => ({
    kind: 'file' as const,
    path,
    mode: 0o644,
    content: contentOf(bytes),
  }))
  return buffer(Readable.from(tarBytes(entries)))
}
