import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { printingElf } from '../../../test/support/elf.ts'
import {
  calicoImage,
  put,
  putArchive,
  putCalicoRelease,
  putImage,
  putLayout,
  putUpstream,
} from '../../../test/support/upstream-files.ts'
import { ARCH, type Arch } from '../arch.ts'
import { readArchive } from '../closure/archive.ts'
import { BINARIES, CNI_PLUGINS } from '../contents.ts'
import { DEFAULT_VERSIONS as V } from '../versions/sets.ts'
import { closed } from './closed.ts'
import { directorySource } from './dir.ts'
import type { Item } from './source.ts'

const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const other: Arch = arch === 'x64' ? 'arm64' : 'x64'
const { go } = ARCH[arch]
const PAUSE = `registry.k8s.io/pause:${V.pause}`
let scratch: string
let progress: string[]
const at = (...path: string[]) => join(scratch, 'files', ...path)
const collect = (source = directorySource(at())): Promise<Item[]> =>
  source({
    arch,
    versions: V,
    agent: { file: '/bin/true', version: '1.2.3' },
    cache: { directory: '/nonexistent', progress: (line) => progress.push(line) },
    scratch: join(scratch, 'scratch'),
  })

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-dir-'))
  progress = []
  await mkdir(join(scratch, 'scratch'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

const namesOf = (items: readonly Item[]) => items.map(({ path }) => path).sort()

test('files become items by their place, images by the name in their archive, and the agent is packed', async () => {
  await putLayout(at(), arch)
  const named = new Map((await collect()).map((item) => [item.name, item]))
  expect(named.get('kubelet')).toMatchObject({ role: 'binary', version: V.kubernetes, path: 'bin/kubelet' })
  expect(named.get(PAUSE)).toMatchObject({ path: 'images/pause.tar', first: true })
  expect(named.get('cantrip.local/agent:1.2.3')).toMatchObject({ path: 'images/agent.tar', version: '1.2.3' })
  expect(named.get('flannel.yaml')).toMatchObject({ role: 'manifest', path: 'manifests/flannel.yaml' })
  expect(named.has('calico.yaml')).toBe(false)
})

test('an existing image of the agent is taken', async () => {
  await putLayout(at(), arch)
  await putImage(at('images/own.tar'), 'cantrip.local/agent:9.9.9', arch)
  const agents = (await collect()).filter(({ name }) => name.startsWith('cantrip.local/'))
  expect(agents.map(({ name }) => name)).toEqual(['cantrip.local/agent:9.9.9'])
})

test.each(['tree', 'heap'] as const)(
  "a %s of upstream's files gives what a directory in the bundle's form gives",
  async (shape) => {
    await putUpstream(at(), arch, shape)
    const items = await collect()
    const wanted = [
      ...Object.keys(BINARIES).map((name) => `bin/${name}`),
      ...Object.keys(CNI_PLUGINS).map((name) => `cni/${name}`),
      'manifests/flannel.yaml',
    ]
    expect(namesOf(items).filter((path) => !/^images\/|agent-image-head-/.test(path))).toEqual(wanted.sort())
    expect(namesOf(items).filter((path) => path.includes('agent-image-head-'))).toHaveLength(1)
    const ctr = items.find(({ name }) => name === 'ctr')
    expect(await buffer(Readable.from(ctr?.content.bytes() ?? []))).toEqual(
      printingElf(`ctr github.com/containerd/containerd/v2 ${V.containerd}`, arch),
    )
  },
)

test.each(['tree', 'heap'] as const)(
  'in a %s, a file that differs from its checksum is refused, whatever form that has',
  async (shape) => {
    await putUpstream(at(), arch, shape)
    const { readTree } = await import('../intake/tree.ts')
    const changed = (await readTree(at())).files.filter((path) => /(kubelet|runc\.\w+64|\.tgz|\.tar\.gz)$/.test(path))
    expect(changed).toHaveLength(7)
    for (const path of changed) await writeFile(at(path), 'x', { flag: 'a' })
    const error = await collect().catch((each) => each)
    expect(error).toMatchObject({ code: 'bundle/bad-files', kind: 'invalid' })
    for (const path of changed)
      expect(error.message).toMatch(new RegExp(`${path.replace(/[.+]/g, '\\$&')}: its sha(256|512) is`))
  },
)

const CALICO_IMAGES = ['cni', 'kube-controllers', 'node'].map(calicoImage)

test("of Calico's release archive, the manifest and the images that it names are taken", async () => {
  await putLayout(at(), arch)
  await putCalicoRelease(at('calico'), arch)
  const items = await collect(closed(directorySource(at())))
  expect(namesOf(items)).toContain('manifests/calico.yaml')
  const images = items.filter(({ name }) => name.includes('/calico/'))
  expect(images.map(({ name }) => name).sort()).toEqual(CALICO_IMAGES)
  expect(progress.filter((line) => /left out|not used/.test(line))).toEqual([])
})

test("an image that Calico's manifest names has to be in its release archive", async () => {
  await putLayout(at(), arch)
  await putCalicoRelease(at('calico'), arch, ['images/calico-cni.tar'])
  const archive = `calico/release-${V.calico}.tgz`
  const refused = collect(closed(directorySource(at())))
  await expect(refused).rejects.toThrow(`${archive}: has no release-${V.calico}/images/calico-cni.tar`)
  await writeFile(at(archive), 'x', { flag: 'a' })
  await rm(join(scratch, 'scratch'), { recursive: true })
  await mkdir(join(scratch, 'scratch'))
  await expect(collect()).rejects.toThrow(`${archive}: its sha256 is`)
})

test("Calico's release archive is for one architecture", async () => {
  await putLayout(at(), arch)
  await putCalicoRelease(at('calico'), other)
  await expect(collect()).rejects.toThrow(
    `${calicoImage('node')}: it is for ${ARCH[other].oci}; wanted ${ARCH[arch].oci}`,
  )
})

test('all that is missing is told at once, with where it is published', async () => {
  await mkdir(at())
  const error = await collect().catch((each) => each)
  expect(error).toMatchObject({
    code: 'bundle/missing-file',
    fix: expect.stringContaining(`controller bundle list-files --kubernetes-version ${V.kubernetes} --arch ${arch}`),
  })
  for (const name of Object.keys(BINARIES)) expect(error.message).toContain(`bin/${name}; it is in https://`)
  for (const name of Object.keys(CNI_PLUGINS)) expect(error.message).toContain(`cni/${name}; it is in https://`)
  for (const text of ['kube-flannel.yml', PAUSE, `registry.k8s.io/kube-proxy:${V.kubernetes}`, `runc.${go}`]) {
    expect(error.message).toContain(text)
  }
})

test('all files that no node could use are told at once', async () => {
  await putLayout(at(), arch)
  await put(at('bin/kubelet'), '<!DOCTYPE html><title>404</title>')
  await put(at('bin/kubeadm'), printingElf(V.kubernetes, other))
  await put(at('bin/kubectl'), printingElf('Client Version: v1.30.1', arch))
  await put(at('bin/runc'), '')
  await put(at('bin/etcd'), gzipSync('etcd'))
  await put(at('cni/bridge'), printingElf('CNI bridge plugin v0.1.2', arch))
  await put(at('bin/coredns'), printingElf('what', arch))
  await put(at('manifests/flannel.yaml'), '<html>\n')
  await putImage(at('images/0.tar'), PAUSE, other)
  await put(at('images/odd.tar'), 'text')
  await putArchive(at('images/more.tar'), { 'index.json': Buffer.from('{"manifests":[]}') })
  const error = await collect().catch((each) => each)
  expect(error.code).toBe('bundle/bad-files')
  for (const line of [
    'bin/kubelet: is an HTML page; wanted an executable for',
    `bin/kubeadm: is an executable for ${ARCH[other].go}; wanted one for ${go}`,
    'bin/kubectl: is version 1.30.1; wanted',
    'bin/runc: is an empty file',
    'bin/etcd: is gzip data',
    'cni/bridge: is version 0.1.2; wanted 1.9.1',
    'bin/coredns: printed no version',
    'manifests/flannel.yaml: is an HTML page',
    `images/0.tar: ${PAUSE}: it is for ${ARCH[other].oci}; wanted ${ARCH[arch].oci}`,
    'images/odd.tar: is text that begins with "text"; wanted a tar archive',
    'images/more.tar: names no image',
  ]) {
    expect(error.message).toContain(line)
  }
  expect(error.message).toMatch(/^files of the bundle: 11 that no node could use\n/)
})

test('a file for another architecture is passed over beside one for this', async () => {
  await putLayout(at(), arch)
  await put(at('more/kubelet'), printingElf(`Kubernetes ${V.kubernetes}`, other))
  await rename(at('bin/kubelet'), at('more2'))
  await mkdir(at('own'))
  await rename(at('more2'), at('own/kubelet'))
  await putImage(at('images/other.tar'), PAUSE, other)
  expect(namesOf(await collect())).toContain('bin/kubelet')
})

test('two different files or images for one purpose are refused; equal ones are not', async () => {
  await putLayout(at(), arch)
  await putImage(at('images/again.tar'), PAUSE, arch)
  await put(at('heap/kubelet'), printingElf(`Kubernetes ${V.kubernetes}`, arch))
  await put(at('heap2/kubelet'), printingElf(`Kubernetes ${V.kubernetes}`, arch))
  await rm(at('bin/kubelet'))
  await collect()
  const { imageArchive } = await import('../make/image.ts')
  const image = await imageArchive({ name: PAUSE, arch, layer: new Map() })
  await writeFile(at('images/again.tar'), await buffer(Readable.from(image.bytes())))
  await put(at('heap2/kubelet'), printingElf(`Kubernetes ${V.kubernetes} `, arch))
  await rm(join(scratch, 'scratch'), { recursive: true })
  await mkdir(join(scratch, 'scratch'))
  const error = await collect().catch((each) => each)
  expect(error.message).toContain('heap/kubelet and heap2/kubelet are different files for bin/kubelet')
  expect(error.message).toContain(`images/0.tar and images/again.tar contain different images with the name ${PAUSE}`)
})

test.each([
  ['gzip', '0.tar', gzipSync],
  ['gzip', '0.tar.gz', gzipSync],
  ['gzip', '0.tgz', gzipSync],
  ['zstd', '0.tar', zstdCompressSync],
  ['zstd', '0.tar.zst', zstdCompressSync],
] as const)('an image in %s as %s is decompressed', async (_, name, compress) => {
  await putLayout(at(), arch)
  const plain = await readFile(at('images/0.tar'))
  await rm(at('images/0.tar'))
  await put(at('images', name), compress(plain))
  const pause = (await collect()).find((item) => item.name === PAUSE)
  const bytes = await buffer(Readable.from(pause?.content.bytes() ?? []))
  expect(bytes).toHaveLength(plain.length)
  expect((await readArchive(Readable.from([bytes])))?.json('index.json')).toBeDefined()
})
