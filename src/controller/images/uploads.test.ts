import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ImageArchives, openArchives } from './archives.ts'
import { openUploads, type Uploads } from './uploads.ts'

let directory: string
let freeBytes: number
let nowMs: number
let archives: ImageArchives
let uploads: Uploads
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'uploads-'))
  freeBytes = 2 ** 40
  nowMs = Date.now()
  archives = openArchives(directory, async () => freeBytes)
  uploads = openUploads(archives, () => new Date(nowMs))
})
afterEach(() => rmSync(directory, { recursive: true }))

const bytes = Buffer.from('an archive')
const size = bytes.length
const which = { clusterId: 'c-aaaaaaaaaa', sha256: createHash('sha256').update(bytes).digest('hex') }
const left = () => readdirSync(join(directory, 'bundles'))

test('a full disk refuses a part before it is written, and the upload goes on when there is room', async () => {
  expect(await uploads.take({ ...which, size, offset: 0, bytes: bytes.subarray(0, 4) })).toBe(4)
  freeBytes = 512 * 2 ** 20
  const rest = { ...which, size, offset: 4, bytes: bytes.subarray(4) }
  await expect(uploads.take(rest)).rejects.toMatchObject({ code: 'images/no-space', message: /^found 512 MiB free/ })
  freeBytes = 2 ** 40
  expect(await uploads.take(rest)).toBe(size)
  expect(await uploads.use(which, async (file) => existsSync(file))).toBe(true)
  expect(left()).toEqual([])
})

test('an upload stays if there was no room to use it, and goes after any other failure', async () => {
  const send = () => uploads.take({ ...which, size, offset: 0, bytes })
  await send()
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
  await expect(uploads.use(which, () => Promise.reject(full))).rejects.toBe(full)
  expect(left()).toEqual([])
  await send()
  const { requireRoom } = await import('./errors.ts')
  await expect(uploads.use(which, async () => requireRoom(0, 1))).rejects.toMatchObject({ code: 'images/no-space' })
  expect(left()).toHaveLength(1)
})

test('two requests do not use the same upload at once', async () => {
  await uploads.take({ ...which, size, offset: 0, bytes })
  const first = uploads.use(which, () => new Promise<void>((resolve) => setImmediate(resolve)))
  await expect(uploads.use(which, async () => undefined)).rejects.toMatchObject({ code: 'images/uploading' })
  await expect(uploads.take({ ...which, size, offset: 0, bytes })).rejects.toMatchObject({ code: 'images/uploading' })
  await first
  await expect(uploads.use(which, async () => undefined)).rejects.toMatchObject({ code: 'images/not-uploaded' })
})

test('what was damaged on the way is not used', async () => {
  await uploads.take({ ...which, size, offset: 0, bytes: Buffer.from('AN ARCHIVE') })
  await expect(uploads.use(which, async () => undefined)).rejects.toMatchObject({ code: 'images/not-uploaded' })
  expect(left()).toEqual([])
})

const MINUTE_MS = 60_000
const begin = (cluster: string, archive: number) =>
  uploads.take({
    ...{ clusterId: cluster, sha256: archive.toString(16).padStart(64, '0') },
    ...{ size: 10, offset: 0, bytes: Buffer.from('x') },
  })

test('one cluster cannot take the uploads of all; its stalest one gives way', async () => {
  await begin('c-a', 1)
  await begin('c-a', 2)
  await expect(begin('c-a', 3)).rejects.toMatchObject({ code: 'images/uploading', message: /wanted at most 2/ })
  expect(await begin('c-b', 1)).toBe(1)
  nowMs += 9 * MINUTE_MS
  await expect(begin('c-a', 3)).rejects.toMatchObject({ code: 'images/uploading' })
  nowMs += 2 * MINUTE_MS
  expect(await begin('c-a', 3)).toBe(1)
  expect(left()).toHaveLength(3)
})

test('of all uploads the stalest gives way; what comes from other controllers is not counted', async () => {
  mkdirSync(join(directory, 'bundles'), { recursive: true })
  for (let peer = 0; peer < 8; peer++) writeFileSync(join(directory, 'bundles', `upload-peer-${peer}`), 'x')
  for (let at = 0; at < 8; at++) await begin(`c-${at}`, at)
  await expect(begin('c-8', 8)).rejects.toMatchObject({ code: 'images/uploading', message: /wanted at most 8/ })
  nowMs += 11 * MINUTE_MS
  expect(await begin('c-8', 8)).toBe(1)
  expect(left()).toHaveLength(16)
})

test('uploads that begin at the same moment are counted', async () => {
  const begun = await Promise.allSettled([1, 2, 3, 4].map((at) => begin('c-a', at)))
  expect(begun.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(2)
  expect(left().length).toBeLessThanOrEqual(2)
})
