import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../src/base/layout.ts'
import type { BundleFile } from '../../src/bundle/format.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { addedNames, digestName, imageStates, repositoryOf } from '../../src/provision/images/containerd-images.ts'
import { importStep } from '../../src/provision/images/import-step.ts'
import { CONTAINERD_EXECUTABLE, type Containerd, startContainerd } from '../support/containerd/containerd.ts'
import { imageStatus, removeImage } from '../support/containerd/image-service.ts'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../support/fake-kubernetes.ts'

const isMissing = CONTAINERD_EXECUTABLE === undefined || process.getuid?.() !== 0
const NAMES = ['registry.k8s.io/pause:3.10.2', 'registry.example:5000/own/tool:v1'] as const

let containerd: Containerd
let fake: FakeKubernetes
let fetched: string[]
beforeAll(async () => {
  if (!isMissing) containerd = await startContainerd(CONTAINERD_EXECUTABLE ?? '')
})
afterAll(() => containerd?.stop())

const component = () => ({
  id: 'test',
  after: [],
  steps: () => [importStep('test/import', 'Importing', () => files())],
})
const files = (): BundleFile[] =>
  NAMES.map((name, index) => {
    const image = fake.params.bundleStore.manifest.files.find(({ role }) => role === 'image')
    return { ...(image as BundleFile), name, path: `images/${index}.tar` }
  })

/** The fake machine, with the real containerd. */
beforeEach(() => {
  fake = fakeKubernetes()
  fetched = []
  fake.host.files.seed(CONTAINERD.socket, '')
  fake.host.on([`${containerdPrograms(STANDARD)}/ctr`], (argv) => containerd.ctr(...argv.slice(1)))
  fake.params.bundleStore.fetch = async (_, { name, path }) => {
    fetched.push(name)
    const archive = join(containerd.directory, path)
    const layer = new Map([['/name', { text: name }]])
    await mkdir(dirname(archive), { recursive: true })
    await writeFile(archive, (await imageArchive({ name, arch: 'x64', layer })).bytes())
    return archive
  }
})

const ctr = (...argv: string[]) => {
  const { exitCode, stdout, stderr } = containerd.ctr('--namespace', 'k8s.io', ...argv)
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}
const digestOf = async (name: string) => (await imageStates(fake.host, NAMES))(name).digest ?? ''
const seen = async (...names: string[]) =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await imageStatus(containerd.socket, name)])))

test.skipIf(isMissing)(
  'an image is found by its tag and its digest, pinned (needs root and a built containerd)',
  async () => {
    expect(await runComponent(component(), fake)).toEqual(['test/import'])
    for (const name of NAMES) {
      const digest = await digestOf(name)
      const names = [name, digestName(name, digest), `${name}@${digest}`]
      expect(await seen(...names)).toEqual(Object.fromEntries(names.map((each) => [each, { pinned: true }])))
    }
    fetched = []
    expect(await runComponent(component(), fake)).toEqual([])
    expect(fetched).toEqual([])
  },
)

test.skipIf(isMissing)(
  'an image that the kubelet, or a person, removed is imported again (needs root and a built containerd)',
  async () => {
    await runComponent(component(), fake)
    fetched = []
    await removeImage(containerd.socket, NAMES[1])
    expect(await seen(NAMES[1])).toEqual({ [NAMES[1]]: undefined })
    expect(await runComponent(component(), fake)).toEqual(['test/import'])
    expect(fetched).toEqual([NAMES[1]])
    expect(await seen(...NAMES)).toEqual({ [NAMES[0]]: { pinned: true }, [NAMES[1]]: { pinned: true } })
  },
)

test.skipIf(isMissing)(
  'also one of which a person removed every name (needs root and a built containerd)',
  async () => {
    await runComponent(component(), fake)
    const digest = await digestOf(NAMES[0])
    const rows = ctr('images', 'list')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
    const names = rows.filter((words) => words[2] === digest).map(([name = '']) => name)
    ctr('images', 'remove', '--sync', ...names)
    expect(await seen(NAMES[0])).toEqual({ [NAMES[0]]: undefined })
    expect(await runComponent(component(), fake)).toEqual(['test/import'])
    expect(await seen(...names)).toEqual(Object.fromEntries(names.map((name) => [name, { pinned: true }])))
  },
)

test.skipIf(isMissing)(
  'an image of an earlier build is pinned and named without a download (needs root and a built containerd)',
  async () => {
    await runComponent(component(), fake)
    const digest = await digestOf(NAMES[0])
    ctr('images', 'remove', digestName(NAMES[0], digest))
    ctr('images', 'label', NAMES[0], 'io.cri-containerd.pinned=')
    fetched = []
    expect(await runComponent(component(), fake)).toEqual(['test/import'])
    expect(fetched).toEqual([])
    expect(await seen(NAMES[0], digestName(NAMES[0], digest))).toEqual({
      [NAMES[0]]: { pinned: true },
      [digestName(NAMES[0], digest)]: { pinned: true },
    })
  },
)

test.skipIf(isMissing)(
  'an image without one of its layers is imported again (needs root and a built containerd)',
  async () => {
    await runComponent(component(), fake)
    const blobs = ctr('content', 'list', '--quiet').trim().split('\n')
    for (const blob of blobs) {
      ctr('content', 'remove', blob)
      expect(await runComponent(component(), fake), blob).toEqual(['test/import'])
    }
    expect(blobs.length).toBeGreaterThanOrEqual(3 * NAMES.length)
  },
)

test.skipIf(isMissing)(
  'an image of one of these names that people added is replaced (needs root and a built containerd)',
  async () => {
    await runComponent(component(), fake)
    const genuine = await digestOf(NAMES[0])
    const archive = join(containerd.directory, 'theirs.tar')
    const layer = new Map([['/name', { text: 'theirs' }]])
    await writeFile(archive, (await imageArchive({ name: NAMES[0], arch: 'x64', layer })).bytes())
    const labels = ['--label', 'cantrip.local/added=yes', '--label', 'io.cri-containerd.pinned=pinned']
    ctr('images', 'import', '--local', '--base-name', repositoryOf(NAMES[0]), '--digests', ...labels, archive)
    expect(await digestOf(NAMES[0])).not.toBe(genuine)
    fetched = []
    expect(await runComponent(component(), fake)).toEqual(['test/import'])
    expect([fetched, await digestOf(NAMES[0])]).toEqual([[NAMES[0]], genuine])
    expect(await runComponent(component(), fake)).toEqual([])
    expect((await addedNames(fake.host)).map(({ name }) => name)).not.toContain(NAMES[0])
  },
)
