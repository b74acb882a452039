import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashOfImages } from '../../protocol/images/hash-of-images.ts'
import { hasImages, knownImages } from '../added-images.ts'
import { pathsOf } from '../paths.ts'
import { makePrivateDirectory } from '../state-file.ts'
import { imagesTaker } from './images.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const LIST = {
  node: 'n-aaaaaaaaaa',
  expiresAt: '2026-06-02T12:00:00.000Z',
  issuedAt: '2026-06-01T12:00:00.000Z',
  images: [],
}
const signed = (content: object) => {
  const payload = JSON.stringify(content)
  return { payload, signature: sign(null, Buffer.from(payload), privateKey).toString('base64') }
}

let root: string
let now: Date
let happened: string[]
let later: [ms: number, then: () => void][]
const paths = () => pathsOf(undefined, root)
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'images-'))
  makePrivateDirectory(paths().stateDirectory)
  now = new Date('2026-06-01T12:00:00Z')
  happened = []
  later = []
})
afterEach(() => rmSync(root, { recursive: true }))

const taker = () =>
  imagesTaker({
    ...{ paths: paths(), instructionKeys: () => [publicKey], nodeId: 'n-aaaaaaaaaa', now: () => now },
    log: () => undefined,
    after: (ms, then) => void later.push([ms, then]),
    onExpired: () => void happened.push('expired'),
    onList: () => void happened.push('list'),
  })
const passed = async () => {
  for (const [, then] of later.splice(0)) then()
  await new Promise((resolve) => setTimeout(resolve))
}

test('a list that cannot be stored is tried again each minute, until there is a later one', async () => {
  const take = taker()
  mkdirSync(paths().imagesFile)
  await take(signed(LIST))
  expect([happened, later.map(([ms]) => ms)]).toEqual([[], [60_000]])
  await passed()
  expect([happened, later.length]).toEqual([[], 1])
  const next = { ...LIST, issuedAt: '2026-06-01T12:00:01.000Z' }
  await take(signed(next))
  rmdirSync(paths().imagesFile)
  await passed()
  expect([happened, later, knownImages(paths())?.issuedAt]).toEqual([['list'], [], next.issuedAt])
})

test('if it has expired, for example because a clock is wrong, the session ends a minute later', async () => {
  now = new Date('2026-06-03T00:00:00Z')
  await taker()(signed(LIST))
  expect([happened, later.map(([ms]) => ms)]).toEqual([[], [60_000]])
  await passed()
  expect(happened).toEqual(['expired'])
})

test('of a damaged list, the node names one that no cluster has: the controller sends its own, also an empty one', async () => {
  expect(knownImages(paths())).toBeUndefined()
  writeFileSync(paths().imagesFile, 'damaged')
  expect(knownImages(paths())?.sha256).not.toBe(hashOfImages([]))
  await taker()(signed(LIST))
  expect([knownImages(paths())?.sha256, hasImages(paths())]).toEqual([hashOfImages([]), false])
})
