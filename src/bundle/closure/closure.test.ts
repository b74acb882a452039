import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { tinyItems } from '../../../test/support/tiny-bundle.ts'
import { type Image, imageArchive } from '../make/image.ts'
import { type Content, contentOf, tarBytes } from '../make/tar.ts'
import type { Item } from '../sources/source.ts'
import { DEFAULT_VERSIONS } from '../versions/sets.ts'
import { readArchive } from './archive.ts'
import { proveClosure } from './closure.ts'
import type { OpenFile } from './open-file.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const FOR = { arch, kubernetesVersion: DEFAULT_VERSIONS.kubernetes } as const
const PAUSE = `registry.k8s.io/pause:${DEFAULT_VERSIONS.pause}`

const open = ({ role, name, path, content }: Item): OpenFile => ({ role, name, path, bytes: content.bytes })
const tiny = async () => (await tinyItems()).map(open)
/** The small bundle with these contents instead of its own. */
const withContent = async (name: string, bytes: OpenFile['bytes']) =>
  (await tiny()).map((file) => (file.name === name ? { ...file, bytes } : file))

interface Entry {
  path: string
  bytes: Buffer
}

async function entriesOf(bytes: OpenFile['bytes']): Promise<Entry[]> {
  const { list } = await import('tar')
  const entries: Entry[] = []
  const parser = list({
    onReadEntry: (entry) => {
      const chunks: Buffer[] = []
      entry.on('data', (chunk) => chunks.push(chunk))
      entry.on('end', () => entries.push({ path: entry.path, bytes: Buffer.concat(chunks) }))
    },
  })
  const ended = new Promise((resolve) => parser.on('end', resolve))
  for await (const chunk of bytes()) parser.write(Buffer.from(chunk))
  parser.end()
  await ended
  return entries
}

const packed =
  (entries: readonly Entry[]): OpenFile['bytes'] =>
  () =>
    tarBytes(entries.map(({ path, bytes }) => ({ kind: 'file', mode: 0o644, path, content: contentOf(bytes) })))

test('the small bundle is closed', async () => {
  expect(await proveClosure(await tiny(), FOR)).toEqual({ without: [] })
})

test('each image that is absent is named; all at once', async () => {
  const files = await tiny()
  const images = files.filter(({ role }) => role === 'image')
  for (const { name } of images) {
    if (name.startsWith('ghcr.io/')) continue
    const shown = name.startsWith('cantrip.local/') ? 'cantrip.local/agent:VERSION (the operator)' : name
    const others = files.filter((file) => file.name !== name)
    await expect(proveClosure(others, FOR), name).rejects.toMatchObject({
      code: 'bundle/not-closed',
      message: expect.stringContaining(shown),
    })
  }
  const none = await proveClosure(
    files.filter(({ role }) => role !== 'image'),
    FOR,
  ).catch((error) => error)
  for (const { name } of images.filter(({ name }) => /^registry/.test(name))) expect(none.message).toContain(name)
})

test('each blob of each image that is absent, or changed by a byte, is caught', async () => {
  let blobs = 0
  for (const image of (await tiny()).filter(({ role }) => role === 'image')) {
    const entries = await entriesOf(image.bytes)
    for (const { path, bytes } of entries.filter(({ path }) => path !== 'oci-layout')) {
      blobs += 1
      const others = entries.filter((entry) => entry.path !== path)
      const changed = Buffer.from(bytes)
      changed[Math.floor(bytes.length / 2)] = (changed[Math.floor(bytes.length / 2)] ?? 0) ^ 1
      for (const variant of [others, [...others, { path, bytes: changed }]]) {
        const files = await withContent(image.name, packed(variant))
        await expect(proveClosure(files, FOR), `${image.name} ${path}`).rejects.toMatchObject({
          code: 'bundle/bad-image',
        })
      }
    }
  }
  expect(blobs).toBe(4 * (await tiny()).filter(({ role }) => role === 'image').length)
})

const archiveOf = async (image: Partial<Image>): Promise<Content> =>
  imageArchive({ name: PAUSE, arch, layer: new Map([['/name', { text: 'x' }]]), ...image })

test.each<[string, () => Promise<OpenFile['bytes']>, RegExp]>([
  [
    'of another architecture',
    async () => (await archiveOf({ arch: arch === 'x64' ? 'arm64' : 'x64' })).bytes,
    /wanted/,
  ],
  [
    'under another name',
    async () => (await archiveOf({ name: 'registry.k8s.io/pause-amd64:3.10.2' })).bytes,
    /no image/,
  ],
  [
    'that is compressed under a plain name',
    async () => {
      const { gzipSync } = await import('node:zlib')
      const bytes = await buffer(Readable.from((await archiveOf({})).bytes()))
      return contentOf(gzipSync(bytes)).bytes
    },
    /compressed/,
  ],
  ['that is a web page', async () => contentOf('<html>404</html>').bytes, /not a tar/],
  [
    'that ends early',
    async () => {
      const bytes = await buffer(Readable.from((await archiveOf({})).bytes()))
      return contentOf(bytes.subarray(0, 3_000)).bytes
    },
    /./,
  ],
])('an image %s', async (_, make, message) => {
  const files = await withContent(PAUSE, await make())
  await expect(proveClosure(files, FOR)).rejects.toMatchObject({
    code: 'bundle/bad-image',
    message: expect.stringMatching(message),
  })
})

const POD = (image: string) => `kind: DaemonSet
spec: {template: {spec: {initContainers: [{name: a, image: ${PAUSE}}], containers: [{name: b, image: "${image}"}]}}}
`
const manifest = (name: string, image: string) => withContent(name, contentOf(POD(image)).bytes)

test('an image of a manifest has to be there under exactly that name and digest', async () => {
  const image = await archiveOf({})
  const index = (await readArchive(image.bytes()))?.json('index.json') as { manifests: [{ digest: string }] }
  const { digest } = index.manifests[0]
  const own = (await withContent(PAUSE, image.bytes)).filter(({ name }) => name !== 'flannel.yaml')
  const prove = (reference: string) =>
    proveClosure(
      [...own, { role: 'manifest', name: 'flannel.yaml', path: 'x', bytes: contentOf(POD(reference)).bytes }],
      FOR,
    )
  for (const reference of [PAUSE, `${PAUSE}@${digest}`, `registry.k8s.io/pause@${digest}`]) await prove(reference)
  for (const reference of [`${PAUSE}@sha256:${'0'.repeat(64)}`, 'registry.k8s.io/pause:3.9', 'pause:3.10.2']) {
    await expect(prove(reference), reference).rejects.toMatchObject({
      code: 'bundle/not-closed',
      message: expect.stringContaining(`${reference} (flannel.yaml)`),
    })
  }
})

test('an optional pod network of which no image is there is named; with some of them it is refused', async () => {
  const text = POD('docker.io/calico/node:v1').replace(PAUSE, 'docker.io/calico/cni:v1')
  expect(await proveClosure(await withContent('calico.yaml', contentOf(text).bytes), FOR)).toEqual({
    without: ['calico.yaml'],
  })
  await expect(proveClosure(await manifest('calico.yaml', 'docker.io/calico/node:v1'), FOR)).rejects.toMatchObject({
    code: 'bundle/not-closed',
    message: expect.stringContaining('docker.io/calico/node:v1 (calico.yaml)'),
  })
  await expect(proveClosure(await manifest('flannel.yaml', 'x.example/none:v1'), FOR)).rejects.toMatchObject({
    code: 'bundle/not-closed',
  })
})

test('an archive that docker saved: its config and layers are there, and its layers are those of the config', async () => {
  const entries = await entriesOf((await archiveOf({})).bytes)
  const blobs = entries.filter(({ path }) => path.startsWith('blobs/'))
  const [, config, layer] = blobs
  const docker = [{ Config: 'c.json', RepoTags: [PAUSE], Layers: ['a/layer.tar'] }]
  const saved: Entry[] = [
    { path: './manifest.json', bytes: Buffer.from(JSON.stringify(docker)) },
    { path: 'c.json', bytes: config?.bytes ?? Buffer.alloc(0) },
    { path: 'a/layer.tar', bytes: layer?.bytes ?? Buffer.alloc(0) },
  ]
  await proveClosure(await withContent(PAUSE, packed(saved)), FOR)
  for (const { path } of saved) {
    const files = await withContent(PAUSE, packed(saved.filter((entry) => entry.path !== path)))
    await expect(proveClosure(files, FOR), path).rejects.toMatchObject({ code: 'bundle/bad-image' })
  }
  const damaged = saved.map((entry) => (entry.path === 'a/layer.tar' ? { ...entry, bytes: Buffer.from('x') } : entry))
  await expect(proveClosure(await withContent(PAUSE, packed(damaged)), FOR)).rejects.toMatchObject({
    message: expect.stringContaining('a/layer.tar is damaged'),
  })
})
