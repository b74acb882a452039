import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { extract } from 'tar'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ARCH, type Arch } from '../../src/bundle/arch.ts'
import { readArchive } from '../../src/bundle/closure/archive.ts'
import { imagesIn } from '../../src/bundle/closure/images-in.ts'
import { IMAGES } from '../../src/bundle/contents.ts'
import { buildBundle } from '../../src/bundle/make/build-bundle.ts'
import { contentOfFile } from '../../src/bundle/make/tar.ts'
import { closed } from '../../src/bundle/sources/closed.ts'
import { directorySource } from '../../src/bundle/sources/dir.ts'
import { forSkopeo, upstreamList } from '../../src/bundle/upstream/list.ts'
import { verifyBundle } from '../../src/bundle/verify/verify.ts'
import { DEFAULT_VERSIONS as V } from '../../src/bundle/versions/sets.ts'
import { CONTAINERD_EXECUTABLE, type Containerd, startContainerd } from '../support/containerd/containerd.ts'
import { imageStatus } from '../support/containerd/image-service.ts'
import { printingElf } from '../support/elf.ts'
import { type DockerRegistry, startDockerRegistry } from '../support/images/docker-registry.ts'
import { pushImageIndex } from '../support/images/image-index.ts'
import { type Skopeo, skopeoWith } from '../support/images/skopeo.ts'
import { must } from '../support/testbed/run.ts'
import { put, putImage, putUpstream, versionText } from '../support/upstream-files.ts'

const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const { go } = ARCH[arch]
const other = arch === 'x64' ? 'arm64' : 'x64'
const NAMES = Object.entries(IMAGES).map(([repository, { version }]) => `${repository}:${V[version]}`)
const { privateKey: key, publicKey } = generateKeyPairSync('ed25519')

let scratch: string
let registry: DockerRegistry
let skopeo: Skopeo
/** Only where root may start one, and this machine has built a bundle. */
let containerd: Containerd | undefined
/** The digests of the indexes, as the registry knows them. */
const indexes = new Map<string, string>()

/** The images of a bundle, but not yet that of the agent. */
interface Slot {
  /** The images directory of the files of a bundle. */
  images: string
  /** The first of these images; a form can have further ones. */
  name: string
  second: string
  /** Where the archive is to be, and its file name. */
  archive: string
  file: string
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-forms-'))
  registry = await startDockerRegistry()
  skopeo = await skopeoWith(registry.host, ['registry.k8s.io', 'ghcr.io'], scratch)
  if (CONTAINERD_EXECUTABLE !== undefined && process.getuid?.() === 0) {
    containerd = await startContainerd(CONTAINERD_EXECUTABLE)
  }
  for (const name of NAMES) indexes.set(name, await pushImageIndex(skopeo, registry.host, name))
})
afterAll(async () => {
  await registry?.stop()
  await containerd?.stop()
  await rm(scratch, { recursive: true, force: true })
})

/** A directory with all that a bundle needs but images, of which it has only that of the agent. */
async function newDirectory(name: string): Promise<string> {
  const directory = join(scratch, name)
  await putUpstream(directory, arch, 'tree')
  await rm(join(directory, 'images'), { recursive: true })
  await putImage(join(directory, 'images/agent.tar'), 'cantrip.local/agent:1.0.0', arch)
  return directory
}

async function build(directory: string): Promise<string> {
  const output = `${directory}-bundle`
  await buildBundle({
    ...{ arch, versions: V, output, key, now: new Date(), source: closed(directorySource(directory)) },
    agent: { file: '/bin/true', version: '1.0.0' },
    cache: { directory: join(scratch, 'cache'), progress: () => undefined },
  })
  return output
}

const copy = ({ name }: Slot, ...argv: string[]) => skopeo('copy', '--quiet', `docker://${name}`, ...argv)
const ociArchive = (slot: Slot, name = slot.name) => copy(slot, '--all', `oci-archive:${slot.archive}:${name}`)
const dockerArchive = (slot: Slot, name = slot.name) => copy(slot, `docker-archive:${slot.archive}:${name}`)
const ofOther = (slot: Slot, to: string) => copy(slot, '--override-arch', ARCH[other].oci, to)
/** Compresses the archive. Its name then ends differently. */
const compress = async ({ archive }: Slot, program: 'gzip' | 'zstd' | 'xz', suffix: string) => {
  await writeFile(`${archive}.compressed`, await output([program, '--stdout', archive]))
  await rm(archive)
  await rename(`${archive}.compressed`, archive.replace(/\.tar$/, suffix))
}

const output = async ([program = '', ...argv]: string[]) => {
  const options = { encoding: 'buffer', maxBuffer: 64 * 2 ** 20 } as const
  return (await promisify(execFile)(program, argv, options)).stdout
}

type Keeps = 'index' | 'manifest' | 'none'
/** Files as people download them. `keeps`: which of the registry's digests the bundle has. */
const TAKEN: [name: string, keeps: Keeps, make: (slot: Slot) => Promise<unknown>][] = [
  ['an OCI archive of all platforms', 'index', ociArchive],
  ['an OCI archive of one platform', 'manifest', (slot) => copy(slot, `oci-archive:${slot.archive}:${slot.name}`)],
  ['an archive of Docker', 'none', dockerArchive],
  [
    'an archive of Docker with the architecture in its name, as on dl.k8s.io',
    'none',
    (slot) => dockerArchive(slot, slot.name.replace(/:(?=[^:]*$)/, `-${go}:`)),
  ],
  ['an OCI layout', 'index', (slot) => copy(slot, '--all', `oci:${slot.archive.replace('.tar', '')}:${slot.name}`)],
  [
    'an OCI layout that was packed by hand',
    'index',
    async (slot) => {
      await copy(slot, '--all', `oci:${slot.archive}-layout:${slot.name}`)
      await must(['tar', '-C', `${slot.archive}-layout`, '-cf', slot.archive, '.'])
      await rm(`${slot.archive}-layout`, { recursive: true })
    },
  ],
  [
    'layers in zstd',
    'none',
    (slot) =>
      copy(slot, '--dest-compress-format', 'zstd', '--format', 'oci', `oci-archive:${slot.archive}:${slot.name}`),
  ],
  ['an archive in gzip', 'index', (slot) => ociArchive(slot).then(() => compress(slot, 'gzip', '.tar.gz'))],
  ['an archive in gzip, as tgz', 'none', (slot) => dockerArchive(slot).then(() => compress(slot, 'gzip', '.tgz'))],
  ['gzip under a plain name', 'index', (slot) => ociArchive(slot).then(() => compress(slot, 'gzip', '.tar'))],
  ['an archive in zstd', 'index', (slot) => ociArchive(slot).then(() => compress(slot, 'zstd', '.tar.zst'))],
  ['zstd under a plain name', 'none', (slot) => dockerArchive(slot).then(() => compress(slot, 'zstd', '.tar'))],
  [
    'an archive of several images, as docker save makes it',
    'none',
    async (slot) => {
      const manifests = []
      const parts = `${slot.archive}-parts`
      for (const name of [slot.name, slot.second]) {
        await skopeo('copy', '--quiet', `docker://${name}`, `docker-archive:${slot.archive}:${name}`)
        await mkdir(parts, { recursive: true })
        await extract({ file: slot.archive, cwd: parts })
        await rm(slot.archive)
        manifests.push(...JSON.parse(await readFile(join(parts, 'manifest.json'), 'utf8')))
      }
      await writeFile(join(parts, 'manifest.json'), JSON.stringify(manifests))
      await must(['tar', '-C', parts, '-cf', slot.archive, '.'])
      await rm(parts, { recursive: true })
    },
  ],
  [
    'an archive of several images, as containerd exports it',
    'index',
    async (slot) => {
      // Where there is no containerd, what it would export: an archive of OCI.
      if (containerd === undefined) return ociArchive(slot)
      const ctr = (...argv: string[]) => {
        const { exitCode, stderr } = containerd?.ctr('--namespace', 'export', 'images', ...argv) ?? {}
        expect(exitCode, stderr).toBe(0)
      }
      for (const name of [slot.name, slot.second]) {
        await skopeo('copy', '--quiet', '--all', `docker://${name}`, `oci-archive:${slot.archive}:${name}`)
        ctr('import', '--local', '--all-platforms', slot.archive)
        await rm(slot.archive)
      }
      ctr('export', slot.archive, slot.name, slot.second)
    },
  ],
]

const FORMS_A_BUILD = 7
const SEVERAL = /of several images/

/** The bundles of all forms. The form number `at` has the image number `at` of each bundle; the others are plain. */
const bundles = Array.from({ length: Math.ceil(TAKEN.length / FORMS_A_BUILD) }, (_, number) =>
  lazily(async () => {
    const directory = await newDirectory(`taken-${number}`)
    const forms = TAKEN.slice(number * FORMS_A_BUILD, (number + 1) * FORMS_A_BUILD)
    for (const [at, name] of NAMES.entries()) {
      const slot = slotOf(directory, name)
      const isThere = name === slot.second && forms.some(([form]) => SEVERAL.test(form))
      if (!isThere) await (forms[at]?.[2] ?? ociArchive)(slot)
    }
    return build(directory)
  }),
)

function slotOf(directory: string, name: string): Slot {
  const images = join(directory, 'images')
  const file = `image-${NAMES.indexOf(name)}.tar`
  const second = NAMES.at(-1) ?? ''
  return { images, name, second, file, archive: join(images, file) }
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** The digest of an image in a verified bundle, with which containerd imports it. */
async function digestIn(bundle: string, name: string): Promise<string | undefined> {
  const { manifest } = await verifyBundle(bundle, publicKey)
  const file = join(bundle, manifest.files.find((each) => each.name === name)?.path ?? 'none')
  const archive = await readArchive(contentOfFile(file, 0).bytes())
  const [image, ...more] = archive ? imagesIn(archive, arch) : []
  expect([image?.name, image?.problems, more]).toEqual([name, [], []])
  if (containerd !== undefined) {
    const ctr = (...argv: string[]) => containerd?.ctr('--namespace', 'k8s.io', 'images', ...argv)
    const imported = ctr('import', '--local', file)
    expect(imported?.exitCode, imported?.stderr).toBe(0)
    expect(ctr('check', `name==${name}`)?.stdout).toContain(' complete ')
    expect(ctr('list', `name==${name}`)?.stdout).toContain(image?.digest)
    expect(await imageStatus(containerd.socket, name)).toBeDefined()
  }
  return image?.digest
}

test.each(TAKEN)('%s is taken (digest: %s)', async (form, keeps) => {
  const at = TAKEN.findIndex(([name]) => name === form)
  const bundle = await bundles[Math.floor(at / FORMS_A_BUILD)]?.()
  const name = NAMES[at % FORMS_A_BUILD] ?? ''
  const digest = await digestIn(bundle ?? '', name)
  const { manifests } = JSON.parse(await skopeo('inspect', '--raw', `docker://${name}`))
  const own = manifests.find(({ platform }: { platform: { architecture: string } }) => platform.architecture === go)
  expect(digest).toBe({ index: indexes.get(name), manifest: own.digest, none: digest }[keeps])
  if (keeps === 'none') expect([indexes.get(name), own.digest]).not.toContain(digest)
})

test('what skopeo sync makes of `bundle list-files -o skopeo` is taken, with all digests', async () => {
  const directory = await newDirectory('sync')
  await put(join(scratch, 'images.yaml'), forSkopeo(upstreamList(V, arch)))
  const to = ['--dest', 'dir', join(scratch, 'images.yaml'), join(directory, 'images')]
  await skopeo('sync', '--all', '--scoped', '--src', 'yaml', ...to)
  const bundle = await build(directory)
  for (const name of NAMES) expect(await digestIn(bundle, name)).toBe(indexes.get(name))
})

/** Changes a byte of the largest file in the archive. */
async function damage({ archive }: Slot): Promise<void> {
  const parts = `${archive}-parts`
  await mkdir(parts)
  await extract({ file: archive, cwd: parts })
  const entries = await readdir(parts, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const contents = await Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })))
  const [{ file, bytes } = { file: '', bytes: Buffer.alloc(0) }] = contents.sort(
    (a, b) => b.bytes.length - a.bytes.length,
  )
  bytes[20] = (bytes[20] ?? 0) ^ 1
  await writeFile(file, bytes)
  await must(['tar', '-C', parts, '-cf', archive, '.'])
  await rm(parts, { recursive: true })
}

const DAMAGED = / is damaged/
/** Images that no node could use, each with what the error says about its file. */
const REFUSED_IMAGES: [name: string, says: RegExp, make: (slot: Slot) => Promise<unknown>][] = [
  ['for another architecture', /it is for \w+; wanted/, (s) => ofOther(s, `docker-archive:${s.archive}:${s.name}`)],
  ['for another architecture, OCI', /it is for \w+; wanted/, (s) => ofOther(s, `oci-archive:${s.archive}:${s.name}`)],
  ['with only a tag', /names no image; save it with its full name/, (s) => ociArchive(s, 'v1')],
  ['without a name', /names no image/, (s) => copy(s, `oci-archive:${s.archive}`)],
  ['without a name, of Docker', /names no image/, (s) => copy(s, `docker-archive:${s.archive}`)],
  ['with a damaged blob', DAMAGED, (s) => copy(s, `oci-archive:${s.archive}:${s.name}`).then(() => damage(s))],
  ['with a damaged layer of Docker', DAMAGED, (s) => dockerArchive(s).then(() => damage(s))],
  [
    'in xz',
    /is xz data; wanted a tar archive, plain, gzip or zstd/,
    (s) => ociArchive(s).then(() => compress(s, 'xz', '.tar')),
  ],
]

const program = (name: string, of = arch) => printingElf(versionText(name), of)
const binary = (name: string) => `dl.k8s.io/release/${V.kubernetes}/bin/linux/${go}/${name}`
const RUNC = `github.com/opencontainers/runc/releases/download/${V.runc}/runc.${go}`
const FLANNEL = `github.com/flannel-io/flannel/releases/download/${V.flannel}/kube-flannel.yml`
const CONTAINERD = `github.com/containerd/containerd/releases/download/${V.containerd}/containerd-${V.containerd.slice(1)}-linux-${go}.tar.gz`
/** Files that no node could use. Only the last one has a checksum beside it. */
const REFUSED_FILES: [name: string, path: string, says: string, content: () => string | Uint8Array][] = [
  [
    'a web page',
    binary('kubelet'),
    'is an HTML page; wanted an executable',
    () => '<!DOCTYPE html>\n<title>404</title>',
  ],
  ['for another architecture', binary('kubeadm'), 'is an executable for', () => program('kubeadm', other)],
  [
    'of another version',
    binary('kubectl'),
    'is version 1.30.1; wanted',
    () => printingElf('Client Version: v1.30.1', arch),
  ],
  ['in gzip under its plain name', RUNC, 'is gzip data; wanted an executable', () => gzipSync(program('runc'))],
  ['a web page in place of a manifest', FLANNEL, 'is an HTML page; wanted a manifest', () => '<html></html>'],
  ['a web page in place of an archive', CONTAINERD, 'is an HTML page; wanted a tar archive', () => '<html></html>'],
]

/** The error about all of them, together. */
const refusal = lazily(async () => {
  const directory = await newDirectory('refused')
  for (const [at, [, , make]] of REFUSED_IMAGES.entries()) await make(slotOf(directory, NAMES[at] ?? ''))
  for (const [, path, , content] of REFUSED_FILES) {
    await put(join(directory, path), content())
    for (const suffix of ['.sha256', '.sha512', '.sha256sum']) await rm(join(directory, path + suffix), { force: true })
  }
  await rm(join(directory, dirname(RUNC), 'runc.sha256sum'))
  const error = await build(directory).catch((each) => each)
  expect(error).toMatchObject({ kind: 'invalid', code: 'bundle/bad-files' })
  expect(await readdir(scratch)).not.toContain('refused-bundle')
  return String(error.message).split('\n')
})

test.each(REFUSED_IMAGES)('an image %s is refused', async (form, says) => {
  const { file } = slotOf(scratch, NAMES[REFUSED_IMAGES.findIndex(([name]) => name === form)] ?? '')
  expect((await refusal()).find((line) => line.includes(`images/${file}: `))).toMatch(says)
})

test.each(REFUSED_FILES)('a file is refused: %s', async (_, path, says) => {
  expect((await refusal()).find((line) => line.includes(`${path}: `))).toContain(says)
})

test('what is missing, or differs from its checksum, is told', async () => {
  const directory = await newDirectory('changed')
  await put(join(directory, binary('kubelet')), `${program('kubelet')} `)
  const error = await build(directory).catch((each) => each)
  expect(error.message).toContain(`${binary('kubelet')}: its sha256 is`)
  for (const name of NAMES) expect(error.message).toContain(`found no archive of ${name}`)
})
