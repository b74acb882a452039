import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StoredBundle } from '../../src/bundle/import.ts'
import { BundleShelf } from '../../src/controller/bundles/bundle-shelf.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { call, createCluster, type EnrolledNode, enrolNode } from '../support/controller/client.ts'

let dataDirectory: string
let controller: Controller
let node: EnrolledNode
let bundle: StoredBundle
/** A third of it cannot be compressed. */
const content = Buffer.concat([randomBytes(1_000_000), Buffer.alloc(2_000_000, 'kubelet')])

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
  node = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
  // After the start: an import is seen without a restart.
  bundle = await importSmallBundle(dataDirectory, content)
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  call(controller.url, node, method, `/v1/bundles/${path}`, undefined, headers)
const kubelet = () => `${bundle.manifestSha256}/bin/kubelet`
const bytes = (text: string) => Buffer.from(text, 'latin1')

it('serves a file, the manifest and its signature', async () => {
  const answer = await get(kubelet())
  expect(answer.status).toBe(200)
  expect(answer.headers['accept-ranges']).toBe('bytes')
  expect(bytes(answer.text).equals(content)).toBe(true)
  for (const name of ['manifest.json', 'manifest.json.sig']) {
    expect((await get(`${bundle.manifestSha256}/${name}`)).status).toBe(200)
  }
})

it('serves a byte range, so that a download can resume', async () => {
  const part = await get(kubelet(), { range: 'bytes=1000000-' })
  expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 1000000-2999999/3000000'])
  expect(bytes(part.text).equals(content.subarray(1_000_000))).toBe(true)
  const tail = await get(kubelet(), { range: 'bytes=-5' })
  expect(bytes(tail.text).equals(content.subarray(-5))).toBe(true)
})

it('serves a file that can be compressed in zstd to clients that accept it, with ranges', async () => {
  const whole = await get(kubelet(), { 'accept-encoding': 'gzip, zstd' })
  expect(whole.headers).toMatchObject({ 'content-encoding': 'zstd', vary: 'accept-encoding' })
  expect(zstdDecompressSync(bytes(whole.text)).equals(content)).toBe(true)
  expect(whole.text.length).toBeLessThan(content.length / 2)
  const part = await get(kubelet(), {
    'accept-encoding': 'zstd',
    range: 'bytes=1000-',
    'if-range': whole.headers.etag ?? '',
  })
  expect([part.status, part.headers['content-encoding']]).toEqual([206, 'zstd'])
  expect(part.text).toBe(whole.text.slice(1000))
  for (const encoding of ['', 'gzip', 'zstd;q=0']) {
    const plain = await get(kubelet(), { 'accept-encoding': encoding })
    expect([plain.headers['content-encoding'], plain.text.length]).toEqual([undefined, content.length])
    expect(plain.headers.etag).not.toBe(whole.headers.etag)
  }
})

it('serves a file that compression does not make smaller, and the manifest, as they are', async () => {
  for (const path of ['bin/runc', 'manifest.json', 'manifest.json.sig']) {
    const { status, headers } = await get(`${bundle.manifestSha256}/${path}`, { 'accept-encoding': 'zstd' })
    expect([status, headers['content-encoding']]).toEqual([200, undefined])
  }
})

it('compresses a bundle that an earlier build imported, after the next start', async () => {
  const copies = join(dataDirectory, 'bundles', `zst-${bundle.manifestSha256}`)
  rmSync(copies, { recursive: true })
  expect((await get(kubelet(), { 'accept-encoding': 'zstd' })).headers['content-encoding']).toBeUndefined()
  const shelf = new BundleShelf(dataDirectory, (line) => expect.fail(line))
  await shelf.refresh()
  const stop = shelf.addCopies()
  await expect.poll(() => existsSync(copies)).toBe(true)
  await stop()
  expect((await get(kubelet(), { 'accept-encoding': 'zstd' })).headers['content-encoding']).toBe('zstd')
})

it('serves the whole file if it has changed', async () => {
  const { headers } = await get(kubelet(), {}, 'HEAD')
  const same = await get(kubelet(), { range: 'bytes=0-0', 'if-range': headers.etag ?? '' })
  const other = await get(kubelet(), { range: 'bytes=0-0', 'if-range': '"other"' })
  expect([same.status, other.status]).toEqual([206, 200])
})

it('answers HEAD with the size', async () => {
  const answer = await get(kubelet(), {}, 'HEAD')
  expect([answer.status, answer.headers['content-length'], answer.text]).toEqual([200, '3000000', ''])
})

it('refuses a range beyond the end of the file', async () => {
  const answer = await get(kubelet(), { range: 'bytes=3000000-' })
  expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */3000000'])
})

it.each([
  '../../controller.db',
  '..%2f..%2fcontroller.db',
  '%2e%2e/%2e%2e/controller.db',
  'bin/../bin/kubelet',
  'bin//kubelet',
  './bin/kubelet',
  'bin/kubelet/',
  'bin',
  'not-in-the-manifest',
  'bin/kubelet%00',
])('answers %s with not found', async (path) => {
  writeFileSync(join(bundle.directory, 'not-in-the-manifest'), 'secret')
  const answer = await get(`${bundle.manifestSha256}/${path}`)
  expect(answer.status).toBe(404)
  expect(answer.text).not.toContain('secret')
})

it('answers an unknown bundle and a path outside of a bundle with not found', async () => {
  for (const path of [`${'0'.repeat(64)}/bin/kubelet`, `../admin.json`, `${bundle.manifestSha256}.pub`]) {
    // At the path of a bundle there is DELETE alone.
    expect((await get(path)).status).toBe(path.includes('/') ? 404 : 405)
  }
})

it('does not follow a link in place of a file', async () => {
  const path = join(bundle.directory, 'bin/kubelet')
  renameSync(path, `${path}.moved`)
  symlinkSync(join(dataDirectory, 'admin.json'), path)
  const answer = await get(kubelet())
  expect(answer.status).toBe(500)
  expect(answer.text).not.toContain('PRIVATE')
  rmSync(path)
  renameSync(`${path}.moved`, path)
})
