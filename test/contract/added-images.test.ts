import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BroughtImage } from '../../src/agent/added-images.ts'
import { keepAddedImages } from '../../src/agent/execute/added-images.ts'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../src/base/layout.ts'
import { imagesOf } from '../../src/bundle/closure/closure.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { NetworkError } from '../../src/host/network.ts'
import type { ListedImage } from '../../src/protocol/wire/lists/images.ts'
import { addedNames, digestName } from '../../src/provision/images/containerd-images.ts'
import { CONTAINERD_EXECUTABLE, type Containerd, startContainerd } from '../support/containerd/containerd.ts'
import { imageStatus, removeImage } from '../support/containerd/image-service.ts'
import { type FakeHost, fakeHost } from '../support/fake-host.ts'

const isMissing = CONTAINERD_EXECUTABLE === undefined || process.getuid?.() !== 0
const URL = 'https://controller.example:7443'
const [ONE, TWO] = ['registry.example:5000/own/tool:v1', 'docker.io/library/other:latest'] as const

let containerd: Containerd
let host: FakeHost
let imports: string[]
/** The command after which the process is killed, once. */
let killAfter: string | undefined
/** What an import fails with. */
let importError: string | undefined
beforeAll(async () => {
  if (!isMissing) containerd = await startContainerd(CONTAINERD_EXECUTABLE ?? '')
})
afterAll(() => containerd?.stop())

/** The fake machine, with the real containerd, which gets the files that were downloaded. */
beforeEach(() => {
  host = fakeHost({ directories: ['/run/systemd/system'] })
  imports = []
  importError = undefined
  host.files.seed(CONTAINERD.socket, '')
  host.on(['systemctl', 'show'], { stdout: 'ActiveState=active\n' })
  host.on([`${containerdPrograms(STANDARD)}/ctr`], async (argv) => {
    const output = await carryOut(argv)
    if (killAfter === undefined || !argv.includes(killAfter)) return output
    killAfter = undefined
    throw new Error('killed')
  })
  const names = isMissing ? '' : ctr('images', 'list', '--quiet').trim()
  if (names !== '') ctr('images', 'remove', '--sync', ...names.split('\n'))
})

async function carryOut(argv: readonly string[]) {
  if (!argv.includes('import')) return containerd.ctr(...argv.slice(1))
  const path = argv.at(-1) ?? ''
  imports.push(path)
  if (importError !== undefined) return { exitCode: 1, stdout: '', stderr: importError }
  const archive = join(containerd.directory, 'import.tar')
  await writeFile(archive, host.files.bytes(path) ?? Buffer.alloc(0))
  return containerd.ctr(...argv.slice(1, -1), archive)
}

const ctr = (...argv: string[]) => {
  const { exitCode, stdout, stderr } = containerd.ctr('--namespace', 'k8s.io', ...argv)
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}

/** An image in the list, whose archive the controller has. */
async function listed(name: string, text: string, more: Partial<ListedImage> = {}): Promise<ListedImage> {
  const { bytes } = await imageArchive({ name, arch: 'x64', layer: new Map([['/text', { text }]]) })
  const archive = await buffer(Readable.from(bytes()))
  const [found] = await imagesOf([{ role: 'image', name, path: name, bytes: () => Readable.from([archive]) }], 'x64')
  const sha256 = createHash('sha256').update(archive).digest('hex')
  host.downloads.set(`${URL}/v1/images/${sha256}`, archive)
  const x64 = { digest: found?.digest ?? '', sha256, size: archive.length }
  return { name, archives: { x64 }, pinned: true, addedAt: '2026-01-01T00:00:00.000Z', ...more }
}

const keep = (all: readonly ListedImage[], former: readonly BroughtImage[] = [], ofBundle: readonly string[] = []) =>
  keepAddedImages(
    host,
    { listed: all, former, ofBundle },
    {
      ...{ controllerUrls: [URL], tls: { ca: '', cert: '', key: '' } },
      ...{ directory: '/var/lib/cantrip/bundle/images', signal: new AbortController().signal },
    },
  )
const digestOf = ({ archives }: ListedImage) => archives.x64?.digest ?? ''
const namesOf = (image: ListedImage) => [
  image.name,
  digestName(image.name, digestOf(image)),
  `${image.name}@${digestOf(image)}`,
]
const seen = async (names: readonly string[]) =>
  Promise.all(names.map(async (name) => (await imageStatus(containerd.socket, name))?.pinned))

test.skipIf(isMissing)(
  'an image is found by its tag and its digest, pinned, once, and its archive is gone (needs root and a built containerd)',
  async () => {
    const [one, two] = [await listed(ONE, 'one'), await listed(TWO, 'two', { pinned: false })]
    const brought = await keep([one, two])
    expect(brought).toEqual(
      [one, two].map((each) => ({ name: each.name, digest: digestOf(each), addedAt: each.addedAt })),
    )
    expect(await seen(namesOf(one))).toEqual([true, true, true])
    expect(await seen(namesOf(two))).toEqual([false, false, false])
    expect(host.files.list('/var/lib/cantrip/bundle/images')).toEqual([])
    expect(imports).toHaveLength(2)
    const calls = host.calls.length
    expect(await keep([one, two], brought)).toEqual(brought)
    expect(imports).toHaveLength(2)
    expect(host.calls.slice(calls).filter((argv) => argv.includes('label') || argv.includes('tag'))).toEqual([])
  },
)

test.skipIf(isMissing)(
  'a disk that is full during an import is told as such, and the other images come (needs root and a built containerd)',
  async () => {
    const [one, two] = [await listed(ONE, 'one'), await listed(TWO, 'two')]
    importError = 'ctr: failed to ingest "layer": no space left on device: unknown'
    const [brought, ...others] = await keep([one])
    expect(others).toEqual([])
    expect(brought?.problem).toMatchObject({ code: 'images/node-full', message: expect.stringContaining(ONE) })
    expect(host.files.list('/var/lib/cantrip/bundle/images')).toEqual([])
    importError = undefined
    expect((await keep([one, two], brought && [brought])).map(({ problem }) => problem)).toEqual([undefined, undefined])
  },
)

test.skipIf(isMissing)(
  'what is no longer listed is removed under all of its names, and nothing else (needs root and a built containerd)',
  async () => {
    const [one, two] = [await listed(ONE, 'one'), await listed(TWO, 'two')]
    const brought = await keep([one, two])
    ctr('images', 'tag', '--force', TWO, 'registry.example/theirs:v1')
    ctr('images', 'label', 'registry.example/theirs:v1', 'cantrip.local/added=')
    expect(await keep([one], brought)).toHaveLength(1)
    expect(await seen(namesOf(two))).toEqual([undefined, undefined, undefined])
    expect(await seen([...namesOf(one), 'registry.example/theirs:v1'])).toEqual([true, true, true, expect.any(Boolean)])
    await keep([])
    expect(await seen(namesOf(one))).toEqual([undefined, undefined, undefined])
  },
)

test.skipIf(isMissing)(
  'another image of the same name replaces it, and a pin comes and goes (needs root and a built containerd)',
  async () => {
    const [before, after] = [await listed(ONE, 'before'), await listed(ONE, 'after')]
    await keep([before])
    await keep([after])
    expect(await seen(namesOf(after))).toEqual([true, true, true])
    expect(await seen([digestName(ONE, digestOf(before))])).toEqual([undefined])
    await keep([{ ...after, pinned: false }])
    expect(await seen(namesOf(after))).toEqual([false, false, false])
    await keep([after])
    expect(await seen(namesOf(after))).toEqual([true, true, true])
    expect(imports).toHaveLength(2)
  },
)

test.skipIf(isMissing)(
  'what was removed comes back if it is pinned; otherwise when it is added again (needs root and a built containerd)',
  async () => {
    const [one, two] = [await listed(ONE, 'one'), await listed(TWO, 'two', { pinned: false })]
    const brought = await keep([one, two])
    await removeImage(containerd.socket, ONE)
    await removeImage(containerd.socket, TWO)
    let former = brought
    for (const look of ['first', 'second', 'third']) {
      former = await keep([one, two], former)
      expect(former.map(({ name, gone }) => [name, gone])).toEqual([
        [ONE, undefined],
        [TWO, true],
      ])
      expect(await seen([ONE, TWO]), `the ${look} look`).toEqual([true, undefined])
    }
    const again = { ...two, addedAt: '2026-01-02T00:00:00.000Z' }
    const last = await keep([one, again], former)
    expect(last.map(({ name, gone }) => [name, gone])).toEqual([
      [ONE, undefined],
      [TWO, undefined],
    ])
    expect(await seen([TWO])).toEqual([false])
  },
)

test.skipIf(isMissing)(
  'an image with the name of one of the bundle is left to the bundle (needs root and a built containerd)',
  async () => {
    const one = await listed(ONE, 'one')
    await keep([one])
    expect(await keep([await listed(ONE, 'another')], [], [ONE])).toEqual([])
    expect(await keep([], [], [ONE])).toEqual([])
    expect(await seen(namesOf(one))).toEqual([true, true, true])
  },
)

test.skipIf(isMissing)(
  'a full disk, and an archive that the controller does not have, keep only that image away (needs root and a built containerd)',
  async () => {
    const [one, two] = [await listed(ONE, 'one'), await listed(TWO, 'two')]
    host.downloads.delete(`${URL}/v1/images/${one.archives.x64?.sha256}`)
    const found = await keep([one, two])
    expect(found).toMatchObject([
      {
        name: ONE,
        problem: {
          code: 'images/not-fetched',
          message: expect.stringContaining(`the image ${ONE} could not be fetched: ${URL}`),
          fix: expect.stringContaining('controller cluster images list CLUSTER'),
        },
      },
      { name: TWO },
    ])
    expect(found[1]?.problem).toBeUndefined()
    host.machine.disk = { ...host.machine.disk, totalBytes: 100 * 2 ** 30, freeBytes: 15 * 2 ** 30 }
    const [full] = await keep([await listed(ONE, 'one')], found)
    expect(full?.problem).toMatchObject({
      code: 'images/node-full',
      message: expect.stringContaining('kubelet evicts'),
    })
    host.machine.disk = { ...host.machine.disk, freeBytes: 50 * 2 ** 30 }
    expect((await keep([await listed(ONE, 'one')], found))[0]?.problem).toBeUndefined()
  },
)

test.skipIf(isMissing)(
  'killed after any command, the next try ends with the same (needs root and a built containerd)',
  async () => {
    const [one, two] = [await listed(ONE, 'one'), await listed(TWO, 'two')]
    await keep([one])
    for (const verb of ['list', 'remove', 'check', 'import']) {
      killAfter = verb
      await keep([two]).catch(() => undefined)
      expect(killAfter).toBeUndefined()
      const found = await keep([two])
      expect(
        found.map(({ name, problem }) => [name, problem]),
        verb,
      ).toEqual([[TWO, undefined]])
      expect(await seen([...namesOf(one), ...namesOf(two)]), verb).toEqual([
        ...[undefined, undefined, undefined],
        ...[true, true, true],
      ])
      await keep([one])
    }
  },
)

test.skipIf(isMissing)(
  'a controller that does not answer is asked once, for the first image only (needs root and a built containerd)',
  async () => {
    const [one, two] = [await listed(ONE, 'one'), await listed(TWO, 'two')]
    const { download, sleep } = host.machine
    const asked: string[] = []
    host.machine.download = async ({ url }) => {
      asked.push(url)
      throw new NetworkError('tcp', 'controller.example: connection refused')
    }
    host.machine.sleep = () => Promise.reject(new Error('no pause'))
    const found = await keep([one, two])
    Object.assign(host.machine, { download, sleep })
    expect(asked).toHaveLength(1)
    expect(found.map(({ name, problem }) => [name, problem?.code])).toEqual([
      [ONE, 'images/not-fetched'],
      [TWO, 'images/not-fetched'],
    ])
    expect((await keep([one, two], found)).map(({ problem }) => problem)).toEqual([undefined, undefined])
  },
)

test.skipIf(isMissing)(
  'an archive that a killed process left is imported without a download, or removed (needs root and a built containerd)',
  async () => {
    const one = await listed(ONE, 'one')
    const { sha256 = '', size = 0 } = one.archives.x64 ?? {}
    const directory = '/var/lib/cantrip/bundle/images'
    const archive = host.downloads.get(`${URL}/v1/images/${sha256}`) ?? Buffer.alloc(0)
    host.files.seedDirectory(directory)
    host.files.seed(`${directory}/${sha256}.tar`, archive)
    host.files.seed(`${directory}/${'0'.repeat(64)}.tar`, 'of an image that is no longer listed')
    host.downloads.clear()
    const totalBytes = 100 * 2 ** 30
    host.machine.disk = { ...host.machine.disk, totalBytes, freeBytes: 0.15 * totalBytes + 3 * size }
    expect((await keep([one]))[0]?.problem).toBeUndefined()
    expect(await seen(namesOf(one))).toEqual([true, true, true])
    expect(host.files.list(directory)).toEqual([])
  },
)

test.skipIf(isMissing)(
  'an image that the bundle has under another tag gets the other name only (needs root and a built containerd)',
  async () => {
    const one = await listed(ONE, 'one')
    await keep([one])
    const ofBundle = [ONE, digestName(ONE, digestOf(one))]
    for (const name of ofBundle) ctr('images', 'label', name, 'cantrip.local/added=')
    const other = { ...one, name: ONE.replace(':v1', ':theirs'), pinned: false }
    for (const look of ['first', 'second']) {
      expect(await keep([other], [], ofBundle), look).toMatchObject([{ name: other.name, digest: digestOf(one) }])
      expect((await addedNames(host)).map(({ name }) => name)).toEqual([other.name])
    }
    expect(imports).toHaveLength(1)
    await keep([], [], ofBundle)
    expect(await seen(namesOf(one))).toEqual([true, true, true])
    expect(ctr('images', 'list', '--quiet').split('\n')).not.toContain(other.name)
  },
)
