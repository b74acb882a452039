import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { sha256 } from '../intake/hash.ts'
import { contentOf, type TarEntry, tarBytes } from '../make/tar.ts'
import { archiveOf, type Blob, MAX_JSON_BYTES, readArchive } from './archive.ts'
import { imagesIn } from './images-in.ts'

afterEach(() => vi.restoreAllMocks())

const NAMED = 'io.containerd.image.name'
const name = (at: number) => `registry.example/tool-${at}:v1`

/** An archive with these files, which counts how many are parsed. */
function archive(texts: Readonly<Record<string, string>>) {
  const files = new Map<string, Blob>()
  for (const [path, text] of Object.entries(texts)) {
    const hex = path.startsWith('blobs/sha256/') ? path.slice(-64) : sha256(text)
    files.set(path, { size: text.length, sha256: hex, head: Buffer.from(text) })
  }
  const parse = vi.spyOn(JSON, 'parse')
  return { archive: archiveOf((path) => files.get(path)), parsed: () => parse.mock.calls.length }
}

const digest = (at: number) => at.toString(16).padStart(64, '0')
const descriptor = (at: number, size: number) => ({ digest: `sha256:${digest(at)}`, size })
const CONFIG = JSON.stringify({ architecture: 'amd64', rootfs: { diff_ids: [] } })
const manifestOf = (bytes: number) =>
  JSON.stringify({ config: descriptor(1_000, CONFIG.length), layers: [] }).padEnd(bytes)

/** An image index of `manifests` manifests of that size, with `names` names. */
function layout(names: number, manifests: number, bytes: number): Record<string, string> {
  const manifest = manifestOf(bytes)
  const own = Array.from({ length: manifests }, (_, at) => descriptor(at, manifest.length))
  const root = JSON.stringify({ manifests: own })
  const roots = Array.from({ length: names }, (_, at) => ({
    ...descriptor(2_000, root.length),
    annotations: { [NAMED]: name(at) },
  }))
  return {
    'index.json': JSON.stringify({ manifests: roots }),
    [`blobs/sha256/${digest(2_000)}`]: root,
    [`blobs/sha256/${digest(1_000)}`]: CONFIG,
    ...Object.fromEntries(own.map(({ digest: each }) => [`blobs/sha256/${each.slice(-64)}`, manifest])),
  }
}

test('an archive with very much JSON is refused, and each part of it is read once', () => {
  const { archive: large, parsed } = archive(layout(100, 60, MAX_JSON_BYTES))
  expect(() => imagesIn(large, 'x64')).toThrow('has more than 32 MiB of indexes, manifests and configs')
  expect(parsed()).toBeLessThan(40)
})

test('what many names have in common is read once, for all architectures', () => {
  const { archive: common, parsed } = archive(layout(100, 60, 2_000))
  expect(imagesIn(common, 'x64').filter(({ problems }) => problems.length === 0)).toHaveLength(100)
  expect(imagesIn(common, 'arm64')).toHaveLength(100)
  expect(parsed()).toBe(63)
})

test('too many names are refused before anything below them is read', () => {
  const { archive: many, parsed } = archive(layout(101, 1, 2_000))
  expect(() => imagesIn(many, 'x64')).toThrow('names 101 images; wanted at most 100')
  expect(parsed()).toBe(1)
})

test('too many names of a docker archive are refused before anything below them is read', () => {
  const image = (at: number) => ({ Config: 'c.json', RepoTags: [name(2 * at), name(2 * at + 1)], Layers: [] })
  const manifest = JSON.stringify(Array.from({ length: 51 }, (_, at) => image(at)))
  const { archive: many, parsed } = archive({ 'manifest.json': manifest, 'c.json': CONFIG })
  expect(() => imagesIn(many, 'x64')).toThrow('names 102 images; wanted at most 100')
  expect(parsed()).toBe(1)
})

const file = (path: string, data: Uint8Array | string): TarEntry => ({
  ...{ kind: 'file', path, mode: 0o644, content: contentOf(data) },
})

test('of what is no JSON, or large, only the first bytes are kept', async () => {
  const layer = randomBytes(1_000)
  layer[0] = 0x1f
  const found = await readArchive(
    tarBytes([
      file('layer', layer),
      file('large', '{'.repeat(MAX_JSON_BYTES + 1)),
      file('index.json', ' {"manifests":[]}'),
    ]),
  )
  expect(found?.file('layer')).toEqual({ size: 1_000, sha256: sha256(layer), head: layer.subarray(0, 16) })
  expect(found?.file('large')).toMatchObject({ size: MAX_JSON_BYTES + 1, head: Buffer.from('{'.repeat(16)) })
  expect(found?.json('index.json')).toEqual({ manifests: [] })
})

test('an archive of very many files that begin as JSON is refused while it is read', async () => {
  let yielded = 0
  async function* counted() {
    const text = '['.repeat(MAX_JSON_BYTES)
    for await (const chunk of tarBytes(Array.from({ length: 200 }, (_, at) => file(`f${at}`, text)))) {
      yielded += chunk.length
      yield chunk
    }
  }
  await expect(readArchive(counted())).rejects.toThrow('has more than 32 MiB of indexes, manifests and configs')
  expect(yielded).toBeLessThan(40 * MAX_JSON_BYTES)
})
