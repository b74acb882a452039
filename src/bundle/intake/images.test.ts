import fs from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, extract } from 'tar'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { put, putImage } from '../../../test/support/upstream-files.ts'
import { ARCH, type Arch } from '../arch.ts'
import { readArchive } from '../closure/archive.ts'
import { imagesIn } from '../closure/images-in.ts'
import { sha256 } from './hash.ts'
import { readImageFiles } from './image-files.ts'
import { imageName, imageNameInPath } from './image-name.ts'
import { chooseImages, type IntakeImage, imagesOfArchive, imagesOfDirectory } from './images.ts'

const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const { oci } = ARCH[arch]
const NAME = 'registry.example/tool:v1'
let scratch: string
const at = (...path: string[]) => join(scratch, ...path)

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-images-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
  await rm(scratch, { recursive: true, force: true })
})

interface Index {
  manifests: { digest: string; size: number; mediaType: string; annotations?: Record<string, string> }[]
}

/** An OCI layout with one image, and its index. */
async function layout(directory: string, name = NAME, of = arch): Promise<Index> {
  await putImage(at(`${directory}.tar`), name, of)
  await mkdir(at(directory))
  await extract({ file: at(`${directory}.tar`), cwd: at(directory) })
  return JSON.parse(await readFile(at(directory, 'index.json'), 'utf8'))
}

const tar = async (directory: string, members = ['.']) => {
  await rm(at('x.tar'), { force: true })
  await create({ cwd: at(directory), file: at('x.tar') }, members)
  return imagesOfArchive(at('x.tar'), 'x.tar', arch, scratch)
}

/** Name and digest of each image, which a node can import. */
async function imported(images: readonly IntakeImage[] | undefined) {
  const result: [string, string | undefined][] = []
  for (const image of chooseImages(images ?? []).chosen) {
    const archive = await readArchive(image.archive().bytes())
    const [found, ...more] = archive ? imagesIn(archive, arch) : []
    expect(more).toEqual([])
    expect(found?.problems).toEqual([])
    result.push([found?.name ?? '', found?.digest])
  }
  return result
}

test('a layout, packed or as ./index.json, and as a directory, keeps name and digest', async () => {
  const { manifests } = await layout('a')
  const wanted = [[NAME, manifests[0]?.digest]]
  expect(await imported(await imagesOfArchive(at('a.tar'), 'a.tar', arch, scratch))).toEqual(wanted)
  expect(await imported(await tar('a'))).toEqual(wanted)
  expect(await imported(await imagesOfDirectory(at('a'), 'a', arch))).toEqual(wanted)
})

test('an index of several platforms keeps its digest; the blobs of the others may be absent, and are left out', async () => {
  const { manifests } = await layout('a')
  const own = manifests.map(({ annotations: _, ...each }) => ({
    ...each,
    platform: { os: 'linux', architecture: oci },
  }))
  const absent = { ...own[0], digest: `sha256:${'0'.repeat(64)}`, platform: { os: 'linux', architecture: 's390x' } }
  const attestation = { ...absent, platform: { os: 'unknown', architecture: 'unknown' } }
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [absent, attestation, ...own] })
  const digest = `sha256:${sha256(index)}`
  await put(at('a/blobs/sha256', sha256(index)), index)
  const root = { mediaType, digest, size: index.length, annotations: { 'org.opencontainers.image.ref.name': NAME } }
  await put(at('a/index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }))
  expect(await imported(await tar('a'))).toEqual([[NAME, digest]])
})

test('an archive of Docker with several images is split; the architecture in names of Kubernetes is dropped', async () => {
  await layout('a')
  const blobs = await readdir(at('a/blobs/sha256'))
  const texts = await Promise.all(blobs.map((blob) => readFile(at('a/blobs/sha256', blob), 'utf8')))
  const config = blobs[texts.findIndex((text) => text.includes('"rootfs"'))]
  const manifest = texts.find((text) => text.includes('"layers":['))
  const layer = JSON.parse(manifest ?? '{}').layers[0].digest.replace('sha256:', '')
  await mkdir(at('d/1'), { recursive: true })
  await rename(at('a/blobs/sha256', config ?? ''), at('d/c.json'))
  await rename(at('a/blobs/sha256', layer), at('d/1/layer.tar'))
  const image = (tag: string) => ({ Config: 'c.json', RepoTags: [tag], Layers: ['1/layer.tar'] })
  const tags = [`registry.k8s.io/kube-apiserver-${oci}:v1.36.2`, `registry.example/app-${oci}:1`, 'busybox:1']
  await put(at('d/manifest.json'), JSON.stringify(tags.map(image)))
  const names = (await imported(await tar('d'))).map(([name]) => name)
  expect(names).toEqual([
    'registry.k8s.io/kube-apiserver:v1.36.2',
    `registry.example/app-${oci}:1`,
    'docker.io/library/busybox:1',
  ])
})

test('what skopeo sync stores has the name of its path, and its digest', async () => {
  const { manifests } = await layout('a')
  const directory = at('images/registry.example/tool:v1')
  await mkdir(at('images/registry.example'), { recursive: true })
  await rename(at('a/blobs/sha256'), directory)
  const digest = manifests[0]?.digest ?? ''
  await rename(join(directory, digest.replace('sha256:', '')), join(directory, 'manifest.json'))
  await writeFile(join(directory, 'version'), 'Directory Transport Version: 1.1\n')
  expect(await imported(await imagesOfDirectory(directory, 'images/registry.example/tool:v1', arch))).toEqual([
    [NAME, digest],
  ])
  await expect(imagesOfDirectory(directory, 'tool', arch)).rejects.toThrow('names no image')
})

test('an image with only a tag, or with no name, is refused', async () => {
  const index = await layout('a')
  for (const annotations of [{ 'org.opencontainers.image.ref.name': 'v1' }, {}]) {
    const manifests = index.manifests.map((each) => ({ ...each, annotations }))
    await put(at('a/index.json'), JSON.stringify({ ...index, manifests }))
    await expect(tar('a')).rejects.toThrow('names no image; save it with its full name: skopeo copy')
  }
})

test('a damaged blob is told, unless another archive has the image whole', async () => {
  await layout('a')
  await layout('b')
  const blobs = await readdir(at('a/blobs/sha256'))
  for (const blob of blobs) await writeFile(at('a/blobs/sha256', blob), ' ', { flag: 'a' })
  const damaged = (await tar('a')) ?? []
  expect(chooseImages(damaged).unusable).toEqual([
    expect.stringMatching(/^x\.tar: registry.*blob sha256:\w+ is damaged/),
  ])
  const whole = (await imagesOfArchive(at('b.tar'), 'b.tar', arch, scratch)) ?? []
  expect(chooseImages([...damaged, ...whole])).toMatchObject({ chosen: [{ from: 'b.tar' }], unusable: [] })
})

test('a link out of an archive is not followed', async () => {
  await layout('a')
  await put(at('secret'), 'secret')
  await symlink('../secret', at('a/linked'))
  const images = await imagesOfDirectory(at('a'), 'a', arch)
  expect(images[0]?.problems).toEqual([])
  expect((await readImageFiles(at('a'))).file('linked')).toBeUndefined()
})

test('many links to one file are read as one', async () => {
  await put(at('a/large'), 'x'.repeat(1_000_000))
  for (let each = 0; each < 500; each++) await symlink('large', at('a', `link-${each}`))
  const opened = vi.spyOn(fs, 'createReadStream')
  syncBuiltinESMExports()
  const files = await readImageFiles(at('a'))
  expect(files.file('link-499')).toBe(files.file('large'))
  expect(opened).toHaveBeenCalledTimes(1)
})

test('modes of an archive are ignored', async () => {
  await layout('a')
  await chmod(at('a/index.json'), 0)
  await chmod(at('a/blobs'), 0)
  const [found] = (await tar('a')) ?? []
  expect(found?.problems).toEqual([])
  const entries = await readdir(scratch, { recursive: true, withFileTypes: true })
  const unpacked = entries.filter(({ parentPath }) => parentPath.startsWith(at('image-')))
  for (const { parentPath, name } of unpacked) {
    expect((await stat(join(parentPath, name))).mode & 0o600).toBe(0o600)
  }
  expect(unpacked.length).toBeGreaterThan(3)
})

test.each([
  ['busybox:1', 'docker.io/library/busybox:1'],
  ['calico/node:v3', 'docker.io/calico/node:v3'],
  ['localhost/x:1', 'localhost/x:1'],
  ['registry:5000/x-amd64:1', 'registry:5000/x-amd64:1'],
  ['registry.k8s.io/kube-proxy-arm64:v1.36.2', 'registry.k8s.io/kube-proxy:v1.36.2'],
  ['registry.k8s.io/other-arm64:v1', 'registry.k8s.io/other-arm64:v1'],
])('the name %s means %s', (given, wanted) => {
  expect(imageName(given)).toBe(wanted)
})

test.each([
  ['images/registry.k8s.io/coredns/coredns:v1.14.2', 'registry.k8s.io/coredns/coredns:v1.14.2'],
  ['localhost:5000/x:1', 'localhost:5000/x:1'],
  ['pause', undefined],
  ['registry.k8s.io/pause', undefined],
])('the path %s names %s', (path, wanted) => {
  expect(imageNameInPath(path)).toBe(wanted)
})
