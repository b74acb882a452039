import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openArchives } from './archives.ts'
import { openUploads, type Uploads } from './uploads.ts'

let directory: string
let freeBytes: number
let uploads: Uploads
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'uploads-'))
  freeBytes = 2 ** 40
  uploads = openUploads(openArchives(directory, async () => freeBytes))
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
