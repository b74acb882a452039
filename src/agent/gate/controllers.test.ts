import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readControllers } from '../controllers.ts'
import { pathsOf } from '../paths.ts'
import { makePrivateDirectory } from '../state-file.ts'
import { controllersTaker } from './controllers.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const LIST = {
  node: 'n-aaaaaaaaaa',
  expiresAt: '2026-06-02T12:00:00.000Z',
  issuedAt: '2026-06-01T12:00:00.000Z',
  urls: ['https://10.0.0.5:8443', 'https://10.0.0.6:8443'],
}
const signed = (content: object, key = privateKey) => {
  const payload = JSON.stringify(content)
  return { payload, signature: sign(null, Buffer.from(payload), key).toString('base64') }
}

let root: string
let logged: string[]
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'controllers-'))
  makePrivateDirectory(pathsOf(undefined, root).stateDirectory)
  logged = []
})
afterEach(() => rmSync(root, { recursive: true }))

const urls = (cluster = 'c-aaaaaaaaaa') => readControllers(pathsOf(undefined, root), cluster)?.urls
function take(message: ReturnType<typeof signed>): Promise<void> {
  const taker = controllersTaker({
    paths: pathsOf(undefined, root),
    cluster: 'c-aaaaaaaaaa',
    instructionKeys: () => [publicKey],
    nodeId: 'n-aaaaaaaaaa',
    log: (level, text) => void logged.push(`${level} ${text}`),
    now: () => new Date('2026-06-01T12:00:00Z'),
    onControllers: () => void logged.push('changed'),
  })
  return taker(message)
}

test('a list is stored for this cluster, and a later one replaces it', async () => {
  await take(signed(LIST))
  expect(urls()).toEqual(LIST.urls)
  expect(urls('c-bbbbbbbbbb')).toBeUndefined()
  await take(signed({ ...LIST, issuedAt: '2026-06-01T12:00:01.000Z', urls: ['https://10.0.0.7:8443'] }))
  expect(urls()).toEqual(['https://10.0.0.7:8443'])
  await take(signed(LIST))
  expect(urls(), 'an earlier one').toEqual(['https://10.0.0.7:8443'])
  expect(logged.filter((line) => line === 'changed')).toHaveLength(2)
})

test.each([
  ['controllers/unsigned', signed(LIST, generateKeyPairSync('ed25519').privateKey)],
  ['controllers/foreign', signed({ ...LIST, node: 'n-bbbbbbbbbb' })],
  ['controllers/expired', signed({ ...LIST, expiresAt: '2026-06-01T11:00:00.000Z' })],
  ['controllers/unsupported', signed({ ...LIST, urls: ['http://10.0.0.5:8080'] })],
  ['controllers/unsupported', signed({ ...LIST, urls: [] })],
  ['controllers/unsupported', signed({ ...LIST, urls: Array(17).fill('https://10.0.0.5:8443') })],
])('%s: refused, and nothing changes', async (code, message) => {
  await take(message)
  expect(urls()).toBeUndefined()
  expect(logged).toEqual([expect.stringMatching(new RegExp(`^error refused: .* \\(${code}\\)$`))])
})

test('a damaged list, and one with a URL in clear, are as if there were none', async () => {
  const damaged = [
    '{',
    'null',
    '{"cluster":"c-aaaaaaaaaa"}',
    JSON.stringify({ ...LIST, cluster: 'c-aaaaaaaaaa', urls: ['http://x'] }),
    // The controller refuses a hello with so many, or with one that is so long.
    JSON.stringify({ ...LIST, cluster: 'c-aaaaaaaaaa', urls: Array(17).fill('https://10.0.0.5:8443') }),
    JSON.stringify({ ...LIST, cluster: 'c-aaaaaaaaaa', urls: [`https://x/${'x'.repeat(5_000)}`] }),
  ]
  for (const text of damaged) {
    writeFileSync(pathsOf(undefined, root).controllersFile, text)
    expect(urls()).toBeUndefined()
  }
  await take(signed(LIST))
  expect(urls()).toEqual(LIST.urls)
})

test('a list that cannot be stored is logged, and does not end the session', async () => {
  mkdirSync(pathsOf(undefined, root).controllersFile)
  await take(signed(LIST))
  expect(logged).toEqual([expect.stringMatching(/^error cannot store the list of controllers: EISDIR/)])
})

test('a list of a controller whose clock was wrong does not exclude later ones', async () => {
  await take(signed({ ...LIST, issuedAt: '2099-06-01T12:00:00.000Z', expiresAt: '2099-06-02T12:00:00.000Z' }))
  await take(signed({ ...LIST, urls: ['https://10.0.0.7:8443'] }))
  expect(urls()).toEqual(['https://10.0.0.7:8443'])
})
