import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_VERSIONS as versions } from '../versions/sets.ts'
import { type Lock, readLock, requireSame, writeLock } from './lock.ts'

let scratch: string
const file = () => join(scratch, 'bundle.lock.json')
const read = (required?: boolean) => readLock(file(), { versions, arch: 'x64' }, required)
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
])('another file is refused (%#)', async (text, message) => {
  await writeFile(file(), text)
  await expect(read()).rejects.toMatchObject({ code: 'bundle/bad-lock', message: expect.stringContaining(message) })
})

test('what is no lock file is refused before it is parsed', async () => {
  await mkdir(file())
  await expect(read()).rejects.toMatchObject({ code: 'bundle/not-a-file' })
  await rm(file(), { recursive: true })
  await writeFile(file(), 'x'.repeat(5 * 2 ** 20))
  await expect(read()).rejects.toMatchObject({ code: 'bundle/too-large' })
})

test('a link is not followed: the file that is judged is the one that is read', async () => {
  writeLock(join(scratch, 'other.json'), LOCK)
  await symlink(join(scratch, 'other.json'), file())
  await expect(read()).rejects.toMatchObject({ code: 'bundle/not-a-file' })
})

test('a lock that is required has to exist', async () => {
  await expect(read(true)).rejects.toMatchObject({
    code: 'bundle/missing',
    message: `lock file ${file()} does not exist`,
    fix: expect.stringContaining('correct --lock'),
  })
  writeLock(file(), LOCK)
  expect(await read(true)).toMatchObject({ arch: 'x64' })
})

test('what was taken is compared with all that a lock says, except which checksums agreed', () => {
  const verified = { ...LOCK, files: LOCK.files.map((each) => ({ ...each, verifiedBy: ['b.sha256'] })) }
  expect(() => requireSame('x.json', LOCK, verified)).not.toThrow()
  const [first, ...rest] = LOCK.files
  const taken = { ...LOCK, files: [{ ...entry('https://b'), gives: ['bin/y'] }, ...rest] }
  expect(first?.gives).toEqual(['bin/x'])
  expect(() => requireSame('x.json', LOCK, taken)).toThrow('x.json would change: 1 of its entries differ\n  https://b')
})
