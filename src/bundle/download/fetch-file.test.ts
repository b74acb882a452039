import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FileServer, serveFiles } from '../../../test/support/file-server.ts'
import { Secret } from '../../base/text/secret.ts'
import { sha256 } from '../intake/hash.ts'
import { fetchBytes, fetchFile, type Transport } from './fetch-file.ts'
import { httpUrl, NotFetched, openHttp } from './http.ts'
import { withAccess } from './registry-access.ts'

const CONTENT = Buffer.from('0123456789'.repeat(100_000))
const SUM = sha256(CONTENT)
let scratch: string
let server: FileServer
let pauses: number[]
let transport: Transport
let close: () => Promise<void>
const path = () => join(scratch, 'kept/file')

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-fetch-'))
  await mkdir(join(scratch, 'served'))
  await mkdir(join(scratch, 'kept'))
  await writeFile(join(scratch, 'served/file'), CONTENT)
  server = await serveFiles(join(scratch, 'served'))
  pauses = []
  await open({})
})
afterEach(async () => {
  await close()
  await server.close()
  await rm(scratch, { recursive: true, force: true })
})

async function open(env: Record<string, string>): Promise<void> {
  const http = await openHttp({ env, ca: [] })
  close = http.close
  const clock = { now: () => new Date(0), sleep: async (ms: number) => void pauses.push(ms) }
  transport = { http, clock }
}

const fetch = (given: { sha256?: string; maxBytes?: number; from?: string } = {}) =>
  fetchFile(transport, {
    ...{ url: `${server.url}/${given.from ?? 'file'}`, path: path(), maxBytes: given.maxBytes ?? 2_000_000 },
    ...(given.sha256 === undefined ? {} : { sha256: given.sha256 }),
  })

/** Sends a part of the file, and closes the connection. */
const cutAt = (bytes: number) => (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': CONTENT.length })
  response.write(CONTENT.subarray(0, bytes), () => response.destroy())
}

test('a file is downloaded, and kept if it is what is wanted', async () => {
  expect(await fetch({ sha256: SUM })).toEqual({ size: CONTENT.length, sha256: SUM })
  expect(await readFile(path())).toEqual(CONTENT)
  await fetch({ sha256: SUM })
  expect(server.requests).toEqual(['GET /file'])
  await writeFile(path(), 'other')
  await fetch({ sha256: SUM })
  expect(await readFile(path())).toEqual(CONTENT)
  await fetch()
  expect(server.requests).toHaveLength(3)
})

test('an interrupted download continues where it was', async () => {
  server.handlers.set('/file', (request, response) => {
    server.handlers.delete('/file')
    return cutAt(600_000)(request, response)
  })
  expect(await fetch({ sha256: SUM })).toEqual({ size: CONTENT.length, sha256: SUM })
  expect(server.requests).toEqual(['GET /file', 'GET /file bytes=600000-'])
  expect(pauses).toHaveLength(1)
})

test('a later command continues too, also after a wrong part', async () => {
  await writeFile(`${path()}.part`, CONTENT.subarray(0, 400_000))
  await fetch({ sha256: SUM })
  await rm(path())
  await writeFile(`${path()}.part`, CONTENT)
  await fetch({ sha256: SUM })
  expect(server.requests).toEqual(['GET /file bytes=400000-'])
  await rm(path())
  await writeFile(`${path()}.part`, 'x'.repeat(400_000))
  expect((await fetch({ sha256: SUM })).sha256).toBe(SUM)
  expect(server.requests.slice(1)).toEqual(['GET /file bytes=400000-', 'GET /file'])
})

test('a part that is too long, and one of an unknown file, are not continued', async () => {
  await writeFile(`${path()}.part`, 'x'.repeat(1_500_000))
  expect((await fetch({ sha256: SUM })).sha256).toBe(SUM)
  await writeFile(`${path()}.part`, CONTENT.subarray(0, 400_000))
  await rm(path())
  expect((await fetch()).sha256).toBe(SUM)
  expect(server.requests).toEqual(['GET /file bytes=1500000-', 'GET /file', 'GET /file'])
})

test('a line that always breaks is given up only when nothing more arrives', async () => {
  let sent = 0
  server.handlers.set('/file', (_, response) => {
    const from = sent
    sent = Math.min(sent + 150_000, 900_000)
    const range = { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` }
    response.writeHead(from > 0 ? 206 : 200, { ...(from > 0 && range), 'content-length': CONTENT.length - from })
    if (sent === from) response.destroy()
    else response.write(CONTENT.subarray(from, sent), () => response.destroy())
  })
  await expect(fetch({ sha256: SUM })).rejects.toThrow('other side closed')
  expect((await stat(`${path()}.part`)).size).toBe(900_000)
})

test.each([
  [404, 'answered 404', 1],
  [403, 'answered 403', 1],
  [503, 'answered 503', 4],
  [429, 'answered 429', 4],
])('after a status of %i: %s, after %i requests', async (status, message, requests) => {
  server.handlers.set('/file', (_, response) => response.writeHead(status).end())
  await expect(fetch()).rejects.toThrow(message)
  expect(server.requests).toHaveLength(requests)
})

test('another file than wanted, and one that is too large, are refused and not kept', async () => {
  await expect(fetch({ sha256: '0'.repeat(64) })).rejects.toThrow(`its sha256 is ${SUM}; wanted 000`)
  await expect(fetch({ maxBytes: 1_000 })).rejects.toThrow('has more than 1000 bytes')
  await expect(fetchBytes(transport, { url: `${server.url}/file`, maxBytes: 1_000 })).rejects.toThrow('more than 1000')
  await expect(stat(path())).rejects.toThrow('ENOENT')
  await expect(stat(`${path()}.part`)).rejects.toThrow('ENOENT')
})

test('redirects are followed; credentials stay with the server that they are for', async () => {
  const other = await serveFiles(join(scratch, 'served'))
  const seen: (string | undefined)[] = []
  const look = ({ headers }: IncomingMessage) => seen.push(headers.authorization) > 0
  other.handlers.set('/file', look)
  server.handlers.set('/file', look)
  server.handlers.set('/same', (_, response) => response.writeHead(302, { location: '/file' }).end())
  server.handlers.set('/other', (_, response) => response.writeHead(307, { location: `${other.url}/file` }).end())
  server.handlers.set('/round', (_, response) => response.writeHead(302, { location: '/round' }).end())
  const headers = { authorization: 'Bearer secret' }
  for (const name of ['same', 'other']) {
    await fetchFile(transport, { url: `${server.url}/${name}`, path: path(), maxBytes: 2_000_000, headers })
  }
  expect(seen).toEqual(['Bearer secret', undefined])
  await expect(fetch({ from: 'round' })).rejects.toThrow('is redirected more than 8 times')
  await other.close()
})

test('a user and a password go to the server that asks for them, and not where it redirects to', async () => {
  const other = await serveFiles(join(scratch, 'served'))
  const seen: (string | undefined)[] = []
  other.handlers.set('/file', ({ headers }) => seen.push(headers.authorization) > 0)
  server.handlers.set('/file', ({ headers }, response) => {
    if (headers.authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else response.writeHead(302, { location: `${other.url}/file` }).end()
  })
  const logins = { [server.url]: new Secret('user:word') }
  const access = { ...transport, http: withAccess({ ...transport, logins }) }
  await fetchFile(access, { url: `${server.url}/file`, path: path(), maxBytes: 2_000_000, sha256: SUM })
  expect(seen).toEqual([undefined])
  await other.close()
})

test.each(['http://[', 'http://127.0.0.1:99999/', 'file:///etc/passwd', 'ftp://127.0.0.1/file', 'data:text/plain,x'])(
  'a redirect to %s is refused',
  async (location) => {
    server.handlers.set('/moved', (_, response) => response.writeHead(302, { location }).end())
    const failed = await fetch({ from: 'moved' }).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(NotFetched)
    expect(failed).toMatchObject({ message: 'is redirected to what is no URL of http or https', isTransient: false })
    expect(server.requests).toEqual(['GET /moved'])
  },
)

test('a URL that is not of http or https is not fetched', async () => {
  const failed = await fetchBytes(transport, { url: 'ftp://127.0.0.1/token', maxBytes: 1 }).catch((error) => error)
  expect(failed).toBeInstanceOf(NotFetched)
})

test('nobody listens: the reason is told', async () => {
  const { url } = server
  await server.close()
  const failed = fetchFile(transport, { url: `${url}/file`, path: path(), maxBytes: 1 })
  await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED'), isUnanswered: true })
  server = await serveFiles(scratch)
})

test('a proxy of the environment is used, except for the hosts of NO_PROXY', async () => {
  const proxy = await serveFiles(scratch)
  proxy.handlers.set(`${server.url}/file`, (_, response) => response.end('through the proxy'))
  for (const env of [{ HTTP_PROXY: proxy.url }, { http_proxy: proxy.url, HTTP_PROXY: 'http://127.0.0.1:1' }]) {
    await close()
    await open(env)
    expect((await fetchBytes(transport, { url: `${server.url}/file`, maxBytes: 100 })).toString()).toBe(
      'through the proxy',
    )
  }
  for (const NO_PROXY of ['example.com,127.0.0.1', 'example.com, 127.0.0.0/8']) {
    await close()
    await open({ HTTP_PROXY: proxy.url, NO_PROXY })
    expect(await fetch()).toMatchObject({ sha256: SUM })
  }
  expect(proxy.requests).toHaveLength(2)
  await proxy.close()
})

test.each([
  ['mirror.example/files', '--base'],
  ['ftp://mirror.example', '--base'],
  ['https://mirror.example/?a=b', '--registry'],
  ['https://user:word@mirror.example', '--registry'],
])('%s is refused as %s', (url, option) => {
  expect(() => httpUrl(url, option)).toThrow(`${option} is not a URL`)
  expect(() => httpUrl(url, option)).not.toThrow('word')
})
