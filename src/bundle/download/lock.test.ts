import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_VERSIONS as versions } from '../versions/sets.ts'
import { type Lock, readLock, writeLock } from './lock.ts'

let scratch: string
const file = () => join(scratch, 'bundle.lock.json')
const read = () => readLock(file(), { versions, arch: 'x64' })
const entry = (url: string) => ({ url, size: 1, sha256: 'a'.repeat(64), verifiedBy: [], gives: ['bin/x'] })
const image = (name: string) => ({ name, digest: `sha256:${'b'.repeat(64)}`, size: 1 })
const LOCK: Lock = {
  ...{ format: 1, kubernetesVersion: versions.kubernetes, arch: 'x64' },
  files: [entry('https://b'), entry('https://a')],
  images: [image('b/b:1'), image('a/a:1')],
}

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-lock-'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

test('a lock is read as it was written, in an order of its own', async () => {
  expect(await read()).toBeUndefined()
  writeLock(file(), LOCK)
  expect(await read()).toEqual({ ...LOCK, files: LOCK.files.toReversed(), images: LOCK.images.toReversed() })
  expect(await readFile(file(), 'utf8')).toMatch(/^\{\n {2}"format": 1,\n/)
})

test.each([
  ['{', 'is not a lock file of format 1'],
  [JSON.stringify({ ...LOCK, format: 2 }), 'is not a lock file of format 1'],
  [JSON.stringify({ ...LOCK, images: [{ ...image('a'), digest: 'latest' }] }), 'is not a lock file of format 1'],
  [JSON.stringify({ ...LOCK, arch: 'arm64' }), `is for ${versions.kubernetes} and arm64; wanted`],
  [JSON.stringify({ ...LOCK, kubernetesVersion: 'v1.2.3' }), 'is for v1.2.3 and x64; wanted'],
  ['x'.repeat(5 * 2 ** 20), 'bytes; wanted at most'],
])('another file is refused (%#)', async (text, message) => {
  await writeFile(file(), text)
  await expect(read()).rejects.toMatchObject({ code: 'bundle/bad-lock', message: expect.stringContaining(message) })
})

test('a directory in the place of a lock is refused', async () => {
  await mkdir(file())
  await expect(read()).rejects.toMatchObject({ code: 'bundle/bad-lock' })
})
