import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FakeNetwork, fakeNetwork } from '../../../test/support/fake-network.ts'
import { createCa, issueCertificate } from '../../pki/certificate.ts'
import { readCsr } from '../../pki/csr.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import { pathsOf } from '../paths.ts'
import { type NodeIdentity, readIdentity, writeIdentity } from './identity.ts'
import { dueTime, keepFresh, rotate } from './rotation.ts'

const URL = 'https://controller:8443'
const notBefore = new Date('2026-01-01T00:00:00Z')
const days = 30
const ca = createCa({ commonName: 'test', days: 100, now: notBefore })
const issue = (commonName: string, publicKey = createKeyPair().publicKey, by = ca) =>
  issueCertificate({ ca: by, publicKey, commonName, usages: ['clientAuth'], notBefore, days })

let root: string
let network: FakeNetwork
let present: NodeIdentity
let hidden: string[]

const options = () => ({
  paths: pathsOf(undefined, root),
  config: { urls: [URL], nodeName: 'one' },
  network: async () => network,
  hide: (secret: string) => void hidden.push(secret),
  log: () => undefined,
})
const pair = () => readFileSync(options().paths.nodeIdentity, 'utf8')
const signs = (sign: (csr: string) => string) =>
  network.onRequest(`${URL}/v1/node/certificate`, (_, { body, tls }) => {
    expect(tls).toEqual(present)
    return { status: 200, body: JSON.stringify({ certificate: sign(JSON.parse(body ?? '').csr) }) }
  })

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rotation-'))
  const { configDirectory } = options().paths
  mkdirSync(configDirectory, { recursive: true })
  network = fakeNetwork()
  hidden = []
  const { publicKey, privateKey } = createKeyPair()
  present = { ca: ca.certificate, cert: issue('n-aaaaaaaaaa', publicKey), key: keyToPem(privateKey) }
  writeIdentity(options().paths, present)
})
afterEach(() => rmSync(root, { recursive: true }))

it.each([
  [0, '2026-01-22T00:00:00.000Z'],
  [0.5, '2026-01-25T00:00:00.000Z'],
  [1, '2026-01-28T00:00:00.000Z'],
])('is due at a random 70 to 90 percent of the certificate lifetime (%d)', (random, at) => {
  expect(dueTime(present, () => random).toISOString()).toBe(at)
})

it('keeps a pair that the controller accepted', async () => {
  signs((csr) => issue('n-aaaaaaaaaa', readCsr(csr).publicKey))
  const shown: unknown[] = []
  network.onRequest(`${URL}/v1/ping`, (_, { tls }) => {
    shown.push(tls)
    return { status: 200, body: '{"now":"2026-01-01T00:00:00Z"}' }
  })
  const fresh = await rotate(present, URL, options())
  expect(shown).toEqual([fresh])
  expect(pair()).toBe(fresh.key + fresh.cert)
  expect(fresh.key).not.toBe(present.key)
  expect(hidden).toEqual([fresh.key])
})

it.each<[string, (csr: string) => string]>([
  ['for another key', () => issue('n-aaaaaaaaaa')],
  ['for another node', (csr) => issue('n-bbbbbbbbbb', readCsr(csr).publicKey)],
  [
    'from another CA',
    (csr) => issue('n-aaaaaaaaaa', readCsr(csr).publicKey, createCa({ commonName: 'evil', days: 1, now: notBefore })),
  ],
])('refuses a certificate %s', async (_, sign) => {
  signs(sign)
  const before = pair()
  await expect(rotate(present, URL, options())).rejects.toMatchObject({ code: 'enrol/foreign-certificate' })
  expect(pair()).toBe(before)
})

it('keeps the old pair if the new one is not accepted', async () => {
  signs((csr) => issue('n-aaaaaaaaaa', readCsr(csr).publicKey))
  const refusal = { code: 'identity/none', message: 'no', fix: 'none' }
  network.onRequest(`${URL}/v1/ping`, { status: 403, body: JSON.stringify(refusal) })
  const before = pair()
  await expect(rotate(present, URL, options())).rejects.toMatchObject({ code: 'identity/none' })
  expect(pair()).toBe(before)
})

it('reads a pair, and names a damaged one', () => {
  const { paths } = options()
  expect(() => readIdentity(paths)).toThrow(/ca.crt is missing/)
  writeIdentity(paths, { key: '', cert: present.cert })
  expect(() => readIdentity(paths)).toThrow(/node.pem is missing or damaged/)
})

it('renews when due, retries within an hour, and does not renew twice in a row', async () => {
  const end = new AbortController()
  let nowMs = Date.parse('2026-01-24T22:30:00Z')
  const tries: Date[] = []
  const rotated: NodeIdentity[] = []
  network.onRequest(`${URL}/v1/node/certificate`, (_, { body }) => {
    tries.push(new Date(nowMs))
    if (tries.length < 3) return { status: 503, body: '' }
    const certificate = issue('n-aaaaaaaaaa', readCsr(JSON.parse(body ?? '').csr).publicKey)
    return { status: 200, body: JSON.stringify({ certificate }) }
  })
  network.onRequest(`${URL}/v1/ping`, { status: 200, body: '{"now":"2026-01-01T00:00:00Z"}' })
  await keepFresh({
    ...options(),
    identity: present,
    trustChange: () => new AbortController().signal,
    isBusy: () => false,
    onRotated: (identity) => void rotated.push(identity),
    now: () => new Date(nowMs),
    random: () => 0.5,
    async sleep(ms) {
      if (rotated.length > 0) end.abort()
      end.signal.throwIfAborted()
      nowMs += ms
    },
    signal: end.signal,
  })
  expect(tries.map((at) => at.toISOString())).toEqual([
    '2026-01-25T00:00:00.000Z',
    '2026-01-25T00:45:00.000Z',
    '2026-01-25T01:30:00.000Z',
  ])
  expect(rotated).toHaveLength(1)
})

it.each([
  ['waits for the end of a run', '2026-01-24T03:00:00Z', '2026-01-24T03:00:00.000Z'],
  ['does not wait until the certificate expires', '2026-02-01T00:00:00Z', '2026-01-30T00:00:00.000Z'],
])('%s', async (_, runEnds, rotatesAt) => {
  const end = new AbortController()
  let nowMs = Date.parse('2026-01-23T00:00:00Z')
  const tries: string[] = []
  network.onRequest(`${URL}/v1/node/certificate`, () => {
    tries.push(new Date(nowMs).toISOString())
    end.abort()
    return { status: 503, body: '' }
  })
  await keepFresh({
    ...options(),
    identity: present,
    trustChange: () => new AbortController().signal,
    isBusy: () => nowMs < Date.parse(runEnds),
    onRotated: () => undefined,
    now: () => new Date(nowMs),
    random: () => 0,
    async sleep(ms) {
      end.signal.throwIfAborted()
      nowMs += ms
    },
    signal: end.signal,
  })
  expect(tries).toEqual([rotatesAt])
})
