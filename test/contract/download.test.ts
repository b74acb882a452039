import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { downloader } from '../../src/host/linux/network/download.ts'
import { openTlsSite, type TlsSite } from './tls-site.ts'

const content = randomBytes(5_000_000)
const sha256 = createHash('sha256').update(content).digest('hex')

let site: TlsSite
let directory: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
let sentBytes: number

beforeAll(async () => {
  site = await openTlsSite((request, response) => answer(request, response))
})
afterAll(() => site.close())
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cantrip-download-'))
  sentBytes = 0
})
afterEach(() => rm(directory, { recursive: true }))

const wanted = (more = {}) => ({
  url: `${site.url}/file`,
  path: join(directory, 'file'),
  sha256,
  size: content.length,
  tls: site.identity,
  ...more,
})

/** Supports ranges, and cuts the connection after a number of bytes. */
function serve(bytes: Buffer, cutAfter = Number.POSITIVE_INFINITY) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const part = bytes.subarray(from)
    const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, ...(from > 0 && range) })
    const sent = part.subarray(0, cutAfter)
    sentBytes += sent.length
    response.write(sent, () => {
      if (sent.length < part.length) response.destroy()
    })
    if (sent.length === part.length) response.end()
  }
}

/** Half of it can be compressed. */
const text = Buffer.concat([content.subarray(0, 2_500_000), Buffer.alloc(40_000_000, 'abcdefg')])
const compressed = zstdCompressSync(text)
const wantedText = (more = {}) =>
  wanted({ sha256: createHash('sha256').update(text).digest('hex'), size: text.length, ...more })
const isText = async () => expect((await readFile(join(directory, 'file'))).equals(text)).toBe(true)

/** Sends these bytes as the file, compressed, to clients that understand it, and the plain file to others. */
function serveCompressed(bytes: Buffer, cutAfter?: number, plain = text) {
  return (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers['accept-encoding'] !== 'zstd') return serve(plain)(request, response)
    response.setHeader('content-encoding', 'zstd')
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from < bytes.length) return serve(bytes, cutAfter)(request, response)
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
  }
}

test('the file is complete, with its mode, and without temporary files', async () => {
  answer = serve(content)
  const progress: number[] = []
  await downloader()(wanted({ mode: 0o755, onProgress: (bytes: number) => progress.push(bytes) }))
  expect((await readFile(join(directory, 'file'))).equals(content)).toBe(true)
  expect((await stat(join(directory, 'file'))).mode & 0o777).toBe(0o755)
  expect(await readdir(directory)).toEqual(['file'])
  expect(progress.at(-1)).toBe(content.length)
})

test('a download resumes after a cut connection, and after an earlier process', async () => {
  await writeFile(join(directory, 'file.part'), content.subarray(0, 3_000_000))
  answer = serve(content, 700_000)
  await downloader()(wanted())
  expect((await readFile(join(directory, 'file'))).equals(content)).toBe(true)
  expect(sentBytes).toBeLessThan(2_700_000)
})

test('a compressed file is decompressed, without temporary files', async () => {
  answer = serveCompressed(compressed)
  const progress: number[] = []
  await downloader()(wantedText({ mode: 0o755, onProgress: (bytes: number) => progress.push(bytes) }))
  await isText()
  expect((await stat(join(directory, 'file'))).mode & 0o777).toBe(0o755)
  expect(await readdir(directory)).toEqual(['file'])
  expect(sentBytes).toBe(compressed.length)
  expect(progress.every((bytes) => bytes <= text.length)).toBe(true)
})

test('a compressed download resumes after cut connections, and after an earlier process', async () => {
  await writeFile(join(directory, 'file.zst.part'), compressed.subarray(0, 1_500_000))
  await writeFile(join(directory, 'file.part'), text.subarray(0, 1_000))
  answer = serveCompressed(compressed, 300_000)
  await downloader()(wantedText())
  await isText()
  expect(sentBytes).toBe(compressed.length - 1_500_000)
  expect(await readdir(directory)).toEqual(['file'])
})

test('a compressed download that an earlier process completed needs no byte', async () => {
  await writeFile(join(directory, 'file.zst.part'), compressed)
  answer = serveCompressed(compressed)
  await downloader()(wantedText())
  await isText()
  expect(sentBytes).toBe(0)
})

test.each([
  ['of another file', randomBytes(1_500_000)],
  ['longer than the file', randomBytes(4_000_000)],
  ['of another compression', zstdCompressSync(randomBytes(4_000_000)).subarray(0, 1_500_000)],
])('a compressed part %s is detected, and fetched again', async (_, part) => {
  await writeFile(join(directory, 'file.zst.part'), part)
  answer = serveCompressed(compressed)
  await downloader()(wantedText())
  await isText()
  expect(sentBytes).toBeLessThan(2 * compressed.length)
})

test.each([
  ['damaged', () => Buffer.concat([compressed.subarray(0, 1_000_000), randomBytes(1_600_000)])],
  ['of another file', () => zstdCompressSync(content)],
  ['too short', () => compressed.subarray(0, 2_000_000)],
  ['endless', () => zstdCompressSync(Buffer.alloc(2 ** 28))],
  ['no zstd at all', () => randomBytes(1_000)],
])('a compressed file that is %s on the server is fetched as it is', async (_, bytes) => {
  answer = serveCompressed(bytes())
  await downloader()(wantedText())
  await isText()
  expect(await readdir(directory)).toEqual(['file'])
})

test('a file that is wrong in both forms never gets its final name', async () => {
  answer = serveCompressed(zstdCompressSync(content), undefined, Buffer.alloc(text.length))
  await expect(downloader()(wantedText())).rejects.toMatchObject({ code: 'download/corrupt' })
  expect(await readdir(directory)).toEqual([])
})

test('a server that no longer compresses is asked from the start', async () => {
  await writeFile(join(directory, 'file.zst.part'), compressed.subarray(0, 1_500_000))
  answer = serve(text)
  await downloader()(wantedText())
  await isText()
  expect(await readdir(directory)).toEqual(['file'])
})

test('a partial file of an earlier agent is continued without compression', async () => {
  await writeFile(join(directory, 'file.part'), text.subarray(0, 41_000_000))
  answer = serveCompressed(compressed)
  await downloader()(wantedText())
  await isText()
  expect(sentBytes).toBe(1_500_000)
})

test('a partial file of other content is detected and fetched again', async () => {
  await writeFile(join(directory, 'file.part'), randomBytes(1_000_000))
  answer = serve(content)
  await downloader()(wanted())
  expect((await readFile(join(directory, 'file'))).equals(content)).toBe(true)
})

test('a server without ranges starts again', async () => {
  await writeFile(join(directory, 'file.part'), content.subarray(0, 1_000_000))
  answer = (_request, response) => void response.end(content)
  await downloader()(wanted())
  expect((await readFile(join(directory, 'file'))).equals(content)).toBe(true)
})

test('a file with wrong or too many bytes never gets its final name', async () => {
  const wrong = Buffer.from(content)
  wrong[4_000_000] = (wrong[4_000_000] ?? 0) ^ 1
  answer = serve(wrong)
  await expect(downloader()(wanted())).rejects.toMatchObject({ code: 'download/corrupt' })
  expect(await readdir(directory)).toEqual([])
  answer = serve(Buffer.concat([content, Buffer.alloc(10)]))
  await expect(downloader()(wanted())).rejects.toMatchObject({ code: 'download/too-long' })
  expect(await readdir(directory)).toEqual([])
})

test('a refusal is reported at once with its status', async () => {
  let asked = 0
  answer = (_request, response) => {
    asked += 1
    response.writeHead(404).end('no')
  }
  await expect(downloader()(wanted())).rejects.toMatchObject({ code: 'download/refused', facts: { status: 404 } })
  expect(asked).toBe(1)
})

test('a server error is retried', async () => {
  let asked = 0
  answer = (request, response) => {
    asked += 1
    if (asked < 3) response.writeHead(503).end()
    else serve(content)(request, response)
  }
  await downloader()(wanted())
  expect(asked).toBe(3)
})

test('a server with a certificate of another CA is refused at once, and an abort ends the download', async () => {
  const other = await openTlsSite((_request, response) => void response.end())
  const startedAt = performance.now()
  await expect(downloader()(wanted({ url: `${other.url}/file` }))).rejects.toMatchObject({
    code: 'download/cut',
    kind: 'unreachable',
  })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  await other.close()

  answer = () => undefined
  const reason = new Error('enough')
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 100)
  await expect(downloader()(wanted({ signal: controller.signal }))).rejects.toBe(reason)
})

test('a server without TLS 1.3 is refused at once', async () => {
  let requests = 0
  const old = await openTlsSite(() => void requests++, { maxVersion: 'TLSv1.2' })
  const download = downloader()(wanted({ url: `${old.url}/file`, tls: old.identity }))
  await expect(download).rejects.toMatchObject({ code: 'download/cut', kind: 'unreachable' })
  await old.close()
  expect(requests).toBe(0)
})
