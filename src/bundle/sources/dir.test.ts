import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Arch } from '../arch.ts'
import { BINARIES, CNI_PLUGINS, IMAGES } from '../contents.ts'
import { imageArchive } from '../make/image.ts'
import { contentOf, type TarEntry, tarBytes } from '../make/tar.ts'
import { writeHashed } from '../make/write-hashed.ts'
import { DEFAULT_VERSIONS } from '../versions/sets.ts'
import { directorySource } from './dir.ts'

const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
let scratch: string
const at = (path: string) => join(scratch, path)
const collect = () =>
  directorySource(scratch)({
    arch,
    versions: DEFAULT_VERSIONS,
    agent: { file: '/bin/true', version: '1.2.3' },
    cache: { directory: '/nonexistent', progress: () => undefined },
  })

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-dir-'))
  for (const name of Object.keys(BINARIES)) await put(`bin/${name}`, name)
  for (const name of Object.keys(CNI_PLUGINS)) await put(`cni/${name}`, name)
  await put('manifests/flannel.yaml', 'kind: List\n')
  for (const [index, [name, { version }]] of Object.entries(IMAGES).entries()) {
    await putOciImage(`images/${index}.tar`, `${name}:${DEFAULT_VERSIONS[version]}`)
  }
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), text)
}

async function putOciImage(path: string, name: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeHashed(at(path), (await imageArchive({ name, arch, layer: new Map() })).bytes())
}

test('files become items by their place, images by the name in their archive, and the agent is packed', async () => {
  const items = await collect()
  const named = new Map(items.map((item) => [item.name, item]))
  expect(named.get('kubelet')).toMatchObject({
    role: 'binary',
    version: DEFAULT_VERSIONS.kubernetes,
    path: 'bin/kubelet',
  })
  expect(named.get(`registry.k8s.io/pause:${DEFAULT_VERSIONS.pause}`)).toMatchObject({
    path: 'images/0.tar',
    first: true,
  })
  expect(named.get('cantrip.local/agent:1.2.3')).toMatchObject({
    role: 'image',
    path: 'images/agent.tar',
    version: '1.2.3',
  })
  expect(named.get('flannel.yaml')).toMatchObject({ role: 'manifest', path: 'manifests/flannel.yaml' })
  expect(named.has('calico.yaml')).toBe(false)
})

test('accepts an archive that docker saved, and an existing image of the agent', async () => {
  const name = 'cantrip.local/agent:9.9.9'
  const manifest: TarEntry = {
    kind: 'file',
    path: 'manifest.json',
    mode: 0o644,
    content: contentOf(JSON.stringify([{ Config: 'c.json', RepoTags: [name], Layers: [] }])),
  }
  await writeHashed(at('images/agent.tar'), tarBytes([manifest]))
  const agents = (await collect()).filter((item) => item.name.startsWith('cantrip.local/agent:'))
  expect(agents.map((item) => item.name)).toEqual([name])
})

test.each([
  ['bin/kubelet', 'bundle/missing-file'],
  ['images/0.tar', 'bundle/missing-file'],
  ['manifests', 'bundle/missing-file'],
])('without %s it says what is missing', async (path, code) => {
  await rm(at(path), { recursive: true })
  await expect(collect()).rejects.toMatchObject({ code, kind: 'invalid' })
})

test.each([
  ['no archive', 'text'],
  ['an archive without a name', ''],
])('an image that is %s is refused', async (_, text) => {
  if (text) await put('images/odd.tar', text)
  else
    await writeHashed(
      at('images/odd.tar'),
      tarBytes([{ kind: 'file', path: 'x', mode: 0o644, content: contentOf('x') }]),
    )
  await expect(collect()).rejects.toMatchObject({ code: 'bundle/bad-image' })
})
