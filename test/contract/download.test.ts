import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
