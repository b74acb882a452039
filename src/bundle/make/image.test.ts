import { createHash } from 'node:crypto'
import { chmod, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { zstdDecompressSync } from 'node:zlib'
import { list, type ReadEntry } from 'tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readArchive } from '../closure/archive.ts'
import { imagesIn } from '../closure/images-in.ts'
import { type Image, imageArchive, imageEndingWith } from './image.ts'
import { writeHashed } from './write-hashed.ts'

let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-image-'))
  await writeFile(join(scratch, 'program'), 'a program')
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

const layer: [string, Image['layer'] extends ReadonlyMap<string, infer E> ? E : never][] = [
  [
    '/usr/local/bin/program',
    {
      get file() {
        return join(scratch, 'program')
      },
    },
  ],
  ['/bin', { target: 'usr/bin' }],
  ['/tmp', { directory: 0o1777 }],
]
const image = (entries = layer): Image => ({
  name: 'example.org/group/program:v1.2.3',
  arch: 'x64',
  layer: new Map(entries),
  entrypoint: ['/usr/local/bin/program'],
  user: '65532:65532',
})

async function write(name: string, of = image()): Promise<{ file: string; sha256: string }> {
  const file = join(scratch, name)
  return { file, sha256: (await writeHashed(file, (await imageArchive(of)).bytes())).sha256 }
}

interface Unpacked {
  entry: ReadEntry
  bytes: Buffer
}

async function unpack(file: string): Promise<Map<string, Unpacked>> {
  const found = new Map<string, Unpacked>()
  await list({
    file,
    strict: true,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = []
      entry.on('data', (chunk) => chunks.push(chunk))
      entry.on('end', () => found.set(entry.path, { entry, bytes: Buffer.concat(chunks) }))
    },
  })
  return found
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('the same input gives the same bytes, whatever the order, times and modes of files', async () => {
  const first = await write('first.tar')
  await utimes(join(scratch, 'program'), 1, 1)
  await chmod(join(scratch, 'program'), 0o600)
  const second = await write('second.tar', image([...layer].reverse()))
  expect(second.sha256).toBe(first.sha256)
  await writeFile(join(scratch, 'program'), 'A program')
  expect((await write('third.tar')).sha256).not.toBe(first.sha256)
})

test('the archive is an OCI layout: each blob is named by its digest, and the index names the image', async () => {
  const files = await unpack((await write('image.tar')).file)
  const blobs = [...files].filter(([path]) => path.startsWith('blobs/'))
  expect(blobs).toHaveLength(3)
  for (const [path, { bytes }] of blobs) expect(path).toBe(`blobs/sha256/${sha256(bytes)}`)
  const blob = (digest: string) => JSON.parse(String(files.get(`blobs/${digest.replace(':', '/')}`)?.bytes))
  const index = JSON.parse(String(files.get('index.json')?.bytes))
  expect(index.manifests[0].annotations).toEqual({
    'io.containerd.image.name': 'example.org/group/program:v1.2.3',
    'org.opencontainers.image.ref.name': 'v1.2.3',
  })
  const manifest = blob(index.manifests[0].digest)
  const config = blob(manifest.config.digest)
  const [layer] = manifest.layers
  expect(layer.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd')
  const bytes = files.get(`blobs/${layer.digest.replace(':', '/')}`)?.bytes ?? Buffer.alloc(0)
  expect(config.rootfs.diff_ids).toEqual([`sha256:${sha256(zstdDecompressSync(bytes))}`])
  expect(config).toMatchObject({ architecture: 'amd64', os: 'linux', config: { User: '65532:65532' } })
})

test('the layer has parents before children, all of root, executable', async () => {
  const files = await unpack((await write('image.tar')).file)
  const layer = [...files.values()].find(({ bytes }) => bytes.readUInt32BE() === 0x28b52ffd)
  await writeFile(join(scratch, 'layer.tar'), zstdDecompressSync(layer?.bytes ?? ''))
  const entries = [...(await unpack(join(scratch, 'layer.tar'))).values()].map(({ entry }) => entry)
  expect(
    entries.map(({ path, type, mode, uid, linkpath }) => [path, type, mode?.toString(8), uid, linkpath ?? '']),
  ).toEqual([
    ['bin', 'SymbolicLink', '777', 0, 'usr/bin'],
    ['tmp/', 'Directory', '1777', 0, ''],
    ['usr/', 'Directory', '755', 0, ''],
    ['usr/local/', 'Directory', '755', 0, ''],
    ['usr/local/bin/', 'Directory', '755', 0, ''],
    ['usr/local/bin/program', 'File', '755', 0, ''],
  ])
})

test.each([1, 9, 511, 512, 513, 100_000])(
  'an archive is its head, a last file of %i bytes, and zeros',
  async (size) => {
    const last = Buffer.alloc(size, 'x')
    await writeFile(join(scratch, 'program'), last)
    const { archive, head } = await imageEndingWith(
      image([...layer, ['/zzz', { text: 'later' }]]),
      '/usr/local/bin/program',
    )
    const bytes = await buffer(Readable.from(archive.bytes()))
    const before = await buffer(Readable.from(head.bytes()))
    expect([bytes.length, before.length]).toEqual([archive.size, head.size])
    const after = Buffer.alloc(bytes.length - before.length - size)
    expect(Buffer.concat([before, last, after]).equals(bytes)).toBe(true)
    const read = await readArchive(archive.bytes())
    expect(read && imagesIn(read, 'x64')).toMatchObject([{ name: 'example.org/group/program:v1.2.3', problems: [] }])
  },
)
