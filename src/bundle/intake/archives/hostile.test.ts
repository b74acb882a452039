import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { create, Header } from 'tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { put } from '../../../../test/support/upstream-files.ts'
import { sha256 } from '../hash.ts'
import { imagesOfArchive, imagesOfDirectory } from '../images.ts'
import { extracted, membersOf, unpack } from './unpack.ts'

let scratch: string
const at = (...path: string[]) => join(scratch, ...path)

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-hostile-'))
  await put(at('secret'), 'secret')
  await mkdir(at('work'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

interface Member {
  path: string
  type?: 'File' | 'Link' | 'SymbolicLink' | 'CharacterDevice' | 'FIFO' | 'ExtendedHeader'
  target?: string
  text?: string
}

const END = Buffer.alloc(1024)

/** The bytes of a tar with these members, without its end mark. */
function members(all: readonly Member[]): Buffer {
  const blocks = all.flatMap(({ path, type = 'File', target, text = '' }) => {
    const header = new Header({ path, type, size: text.length, mode: 0o777, ...(target && { linkpath: target }) })
    header.encode()
    return [header.block as Buffer, Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]
  })
  return Buffer.concat(blocks)
}

/** What an archive with these bytes leaves in the directory, or its error. */
async function unpacked(bytes: Uint8Array): Promise<string[] | string> {
  await writeFile(at('x.tar'), bytes)
  const failed = await unpack(at('x.tar'), at('work/to'), () => true).catch((error: Error) => error.message)
  return failed ?? (await readdir(at('work/to'), { recursive: true }))
}

const OUTSIDE: [string, Member[]][] = [
  ['..', [{ path: '../escaped', text: 'x' }]],
  ['an absolute path', [{ path: '/tmp/cantrip-escaped', text: 'x' }]],
  ['a symbolic link to above', [{ path: 'to-above', type: 'SymbolicLink', target: '../../secret' }]],
  ['a hard link to above', [{ path: 'to-above', type: 'Link', target: '../../secret' }]],
  ['an absolute link', [{ path: 'to-root', type: 'Link', target: '/etc/passwd' }]],
  [
    'a file below a link',
    [
      { path: 'here', type: 'SymbolicLink', target: '.' },
      { path: 'here/../../escaped', text: 'x' },
    ],
  ],
  [
    'a file through a link',
    [
      { path: 'a/b', type: 'SymbolicLink', target: '..' },
      { path: 'a/b/c', type: 'SymbolicLink', target: '..' },
      { path: 'a/b/c/escaped', text: 'x' },
    ],
  ],
]

test.each(OUTSIDE)('an archive that leaves its directory is refused: %s', async (_, all) => {
  const result = await unpacked(Buffer.concat([members(all), END]))
  expect(result).toContain('is damaged, or no tar archive')
  expect((await readdir(scratch)).sort()).toEqual(['secret', 'work', 'x.tar'])
  expect(await readdir(at('work'))).toEqual(['to'])
  for (const name of await readdir(at('work/to'))) expect(await extracted(at('work/to'), name)).toBeUndefined()
})

test('an absolute symbolic link is not followed', async () => {
  const target = at('secret')
  await unpacked(Buffer.concat([members([{ path: 'to-secret', type: 'SymbolicLink', target }]), END]))
  expect(await extracted(at('work/to'), 'to-secret')).toBeUndefined()
  expect(await readFile(target, 'utf8')).toBe('secret')
})

test('devices and pipes are not made', async () => {
  const all: Member[] = [
    { path: 'device', type: 'CharacterDevice' },
    { path: 'pipe', type: 'FIFO' },
    { path: 'file', text: 'x' },
  ]
  expect(await unpacked(Buffer.concat([members(all), END]))).toEqual(['file'])
})

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const)('what becomes enormous in %s is refused before it is read', async (_, compress) => {
  const text = Buffer.alloc(120 * 2 ** 20).toString('latin1')
  const started = performance.now()
  const bomb = compress(Buffer.concat([members([{ path: 'zeros', text }]), END]))
  expect(await unpacked(bomb)).toMatch(/^becomes more than \d+ MiB when it is read$/)
  expect(performance.now() - started).toBeLessThan(20_000)
})

test('bytes after the end of an archive are not read', async () => {
  const whole = Buffer.concat([members([{ path: 'file', text: 'x' }]), END, Buffer.alloc(120 * 2 ** 20)])
  expect(await unpacked(gzipSync(whole))).toEqual(['file'])
  expect([...(await membersOf(at('x.tar')))]).toEqual(['file'])
})

test('an archive that is compressed twice is refused', async () => {
  const tar = Buffer.concat([members([{ path: 'file', text: 'x' }]), END])
  expect(await unpacked(gzipSync(gzipSync(tar)))).toContain('is compressed twice')
  expect(await unpacked(zstdCompressSync(gzipSync(tar)))).toContain('is compressed twice')
})

test.each([
  ['members', { path: 'file' }],
  ['extended headers', { path: 'x', type: 'ExtendedHeader', text: '12 path=abc\n' }],
] as const)('an archive with too many %s is refused', async (_, member) => {
  const one = members([member])
  const bytes = Buffer.concat([...Array.from({ length: 50_001 }, () => one), END])
  await writeFile(at('x.tar'), gzipSync(bytes))
  await expect(membersOf(at('x.tar'))).rejects.toThrow('has more than 50000 members')
  await expect(unpack(at('x.tar'), at('work/to'), () => false)).rejects.toThrow('has more than 50000 members')
})

/** An archive of images with these files. */
async function archiveWith(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) await put(at('image', path), text)
  await create({ cwd: at('image'), file: at('image.tar') }, ['.'])
  return at('image.tar')
}

const NAME = 'registry.example/tool:v1'

test('indexes that name each other many times are checked once', async () => {
  const files: Record<string, string> = {}
  let below: object[] = []
  for (let level = 0; level < 4; level++) {
    const text = JSON.stringify({ level, manifests: below })
    files[`blobs/sha256/${sha256(text)}`] = text
    below = Array.from({ length: 400 }, () => ({ digest: `sha256:${sha256(text)}`, size: text.length }))
  }
  const annotations = { 'io.containerd.image.name': NAME }
  files['index.json'] = JSON.stringify({ manifests: [{ ...below[0], annotations }] })
  const started = performance.now()
  const images = await imagesOfArchive(await archiveWith(files), 'image.tar', 'x64', at('work'))
  expect(images?.[0]?.problems).toEqual(['it has no image for linux/amd64'])
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('indexes in indexes in indexes are refused', async () => {
  const files: Record<string, string> = {}
  let root: object = {}
  for (let level = 0; level < 100; level++) {
    const text = JSON.stringify({ level, manifests: level === 0 ? [] : [root] })
    files[`blobs/sha256/${sha256(text)}`] = text
    root = { digest: `sha256:${sha256(text)}`, size: text.length }
  }
  files['index.json'] = JSON.stringify({ manifests: [{ ...root, annotations: { 'io.containerd.image.name': NAME } }] })
  const images = await imagesOfArchive(await archiveWith(files), 'image.tar', 'x64', at('work'))
  expect(images?.[0]?.problems).toEqual(['its indexes are nested more than 4 times'])
})

test('an archive with very many names is refused', async () => {
  const names = Array.from({ length: 501 }, (_, tag) => `registry.example/tool:${tag}`)
  const image = { Config: 'config.json', RepoTags: names, Layers: ['layer.tar'] }
  const archive = await archiveWith({ 'manifest.json': JSON.stringify([image]), 'config.json': '{}', 'layer.tar': 'x' })
  await expect(imagesOfArchive(archive, 'image.tar', 'x64', at('work'))).rejects.toThrow('names no image')
})

test('a layout with a link out of it has no file there', async () => {
  const image = [{ Config: '../secret', RepoTags: [NAME], Layers: [] }]
  await archiveWith({ 'manifest.json': JSON.stringify(image), 'oci-layout': '{}', 'index.json': '{"manifests":[]}' })
  const [found] = await imagesOfDirectory(at('image'), 'image', 'x64')
  expect(found?.problems).toEqual(['found no ../secret in the archive'])
})
