import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tinyItems } from '../../../test/support/tiny-bundle.ts'
import type { Arch } from '../arch.ts'
import { imageArchive } from '../make/image.ts'
import { DEFAULT_VERSIONS } from '../versions/sets.ts'
import { withImages } from './with-images.ts'

const SHOP = 'registry.example:5000/shop/web:v3'
let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-images-'))
})
afterEach(() => rm(scratch, { recursive: true }))

async function save(name: string, arch: Arch = 'x64'): Promise<string> {
  const file = join(scratch, `${name.replace(/\W/g, '_')}.tar`)
  await writeFile(file, (await imageArchive({ name, arch, layer: new Map([['/name', { text: name }]]) })).bytes())
  return file
}

function build(...archives: string[]) {
  const context = {
    arch: 'x64' as const,
    versions: DEFAULT_VERSIONS,
    cache: { directory: '/nonexistent', progress: () => undefined },
    scratch,
    agent: { file: '/nonexistent', version: '0.0.0-test' },
  }
  return withImages(() => tinyItems(), archives)(context)
}

test('the images of archives are added to those of the source', async () => {
  const without = await build()
  const items = await build(await save(SHOP))
  expect(items).toHaveLength(without.length + 1)
  expect(items.at(-1)).toMatchObject({
    ...{ role: 'image', name: SHOP, version: 'v3', path: 'images/registry.example_5000_shop_web_v3.tar' },
    content: { size: expect.any(Number) },
  })
})

test('all that is wrong is told at once', async () => {
  const text = join(scratch, 'notes.tar')
  await writeFile(text, 'text')
  await expect(build(text, join(scratch, 'absent.tar'), await save(SHOP, 'arm64'))).rejects.toMatchObject({
    code: 'bundle/bad-files',
    message: expect.stringMatching(/3 that no node could use.*notes\.tar: .*absent\.tar: does not exist.*arm64/s),
  })
})

test('an image that the bundle has already is refused', async () => {
  const pause = `registry.k8s.io/pause:${DEFAULT_VERSIONS.pause}`
  await expect(build(await save(pause))).rejects.toMatchObject({
    code: 'bundle/bad-files',
    message: expect.stringContaining(`the bundle has ${pause} already`),
  })
})
