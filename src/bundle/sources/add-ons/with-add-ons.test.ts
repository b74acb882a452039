import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import {
  SHOP,
  SHOP_IMAGE,
  SHOP_OBJECTS,
  type ShopFiles,
  shopImage,
  writeShop,
} from '../../../../test/support/add-ons/shop.ts'
import { tinyItems } from '../../../../test/support/tiny-bundle.ts'
import { AddOnDescription } from '../../../add-ons/format.ts'
import { addOnsIn } from '../../add-ons/layout.ts'
import { BundleFile } from '../../format.ts'
import { contentOf } from '../../make/tar.ts'
import { DEFAULT_VERSIONS } from '../../versions/sets.ts'
import { closed } from '../closed.ts'
import type { Item, SourceContext } from '../source.ts'
import { withAddOns } from './with-add-ons.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const scratch = await mkdtemp(join(tmpdir(), 'cantrip-add-ons-'))
afterAll(() => rm(scratch, { recursive: true, force: true }))

const context: SourceContext = {
  ...{ arch, scratch, versions: DEFAULT_VERSIONS },
  cache: { directory: '/nonexistent', progress: () => undefined },
  agent: { file: '/nonexistent', version: '0.0.0-test' },
}
let count = 0
const shop = (files: ShopFiles = {}) => writeShop(join(scratch, `add-on-${count++}`), files)
const withDirectories = (...directories: string[]) => closed(withAddOns(() => tinyItems(), directories))(context)
const asFiles = (items: readonly Item[]): BundleFile[] =>
  items.map(({ content: { size }, ...file }) => ({ ...file, size, sha256: '0'.repeat(64) }))
const contentIn = (items: readonly Item[], path: string) =>
  text(Readable.from(items.find((item) => item.path === path)?.content.bytes() ?? []))

test('without directories the source is unchanged', async () => {
  const source = async () => []
  expect(withAddOns(source, [])).toBe(source)
})

test('an add-on of a person becomes part of the bundle; what follows from its objects is computed', async () => {
  const items = await withDirectories(await shop())
  const [addOn, ...others] = addOnsIn({ files: asFiles(items) })
  expect(others).toEqual([])
  expect(addOn).toMatchObject({ id: 'shop', version: 'v3', images: [{ name: SHOP_IMAGE, role: 'image' }] })
  expect(addOn?.images[0]?.path).toBe('addons/shop/registry.invalid_shop_web_v3.tar')
  expect(await contentIn(items, 'addons/shop/objects.yaml')).toBe(SHOP_OBJECTS)
  const description = AddOnDescription.parse(JSON.parse(await contentIn(items, 'addons/shop/addon.json')))
  expect(description).toMatchObject({
    images: [SHOP_IMAGE],
    resources: { cpuMilli: 200, memoryBytes: 20 * 2 ** 20 },
    objects: { bytes: SHOP_OBJECTS.length, count: 2 },
  })
})

test('released builds read a bundle with add-ons: files have no other kinds and properties', async () => {
  const items = (await withDirectories(await shop())).filter(({ path }) => path.startsWith('addons/'))
  const released = ['path', 'name', 'version', 'size', 'sha256', 'role', 'first']
  expect(items).toHaveLength(3)
  for (const file of asFiles(items)) {
    expect(BundleFile.parse(file)).toEqual(file)
    expect(released).toEqual(expect.arrayContaining(Object.keys(file)))
    expect(['binary', 'cni-plugin', 'image', 'manifest']).toContain(file.role)
  }
})

test('an image of two add-ons is imported by every node, and one that the bundle has stays where it is', async () => {
  const pause = `registry.k8s.io/pause:${DEFAULT_VERSIONS.pause}`
  const other = { description: { ...SHOP, id: 'other', values: {} }, objects: SHOP_OBJECTS.replaceAll('shop', 'other') }
  const name = SHOP_IMAGE.replaceAll('shop', 'other')
  const shared = { ...other, objects: other.objects.replace(name, SHOP_IMAGE) }
  const both = await withDirectories(await shop(), await shop(shared))
  expect(both.filter((item) => item.name === SHOP_IMAGE).map(({ path }) => path)).toEqual([
    'images/registry.invalid_shop_web_v3.tar',
  ])
  const own = await withDirectories(await shop({ ...other, objects: other.objects.replace(name, pause), images: [] }))
  expect(own.filter((item) => item.name === pause).map(({ path }) => path)).toEqual(['images/pause.tar'])
})

test('what is wrong with directories is named before the source is asked, all at once', async () => {
  const source = withAddOns(
    () => expect.fail('the source was asked'),
    [
      await shop({ description: '{' }),
      await shop({ description: { ...SHOP, slot: 'shop' } }),
      await shop({ objects: 'kind: List\n' }),
      await shop({ images: [shopImage(), shopImage('registry.invalid/other:v1')] }),
      await shop({ objects: SHOP_OBJECTS.replace('resources:', 'imagePullPolicy: Always, resources:') }),
      await shop({ description: { ...SHOP, values: { replicas: { ...SHOP.values.replicas, default: 0 } } } }),
      scratch,
    ],
  )
  const error = await source(context).then(String, (reason: Error) => reason.message)
  expect(error).toMatch(/addon\.json: is not JSON/)
  expect(error).toMatch(/addon\.json: slot: /)
  expect(error).toMatch(/document 1 is no object to apply/)
  expect(error).toMatch(/none of its pods uses the image registry\.invalid\/other:v1/)
  expect(error).toMatch(/Deployment shop\/web pulls registry\.invalid\/shop\/web:v3 always; wanted IfNotPresent/)
  expect(error).toMatch(/the value replicas of the add-on shop is 0; wanted an integer, at least 1 and at most 9/)
  expect(error).toMatch(/has no addon\.json/)
})

test('an image that a pod names is in the bundle under exactly that name', async () => {
  const missing = withDirectories(await shop({ images: [] }))
  await expect(missing).rejects.toMatchObject({
    code: 'bundle/not-closed',
    message: expect.stringContaining(`found no ${SHOP_IMAGE} (add-on shop)`),
  })
})

test('two add-ons with one id, and two images with one name', async () => {
  await expect(withDirectories(await shop(), await shop())).rejects.toMatchObject({
    code: 'bundle/bad-add-on',
    message: expect.stringContaining('there are two add-ons shop'),
  })
  const other = { description: { ...SHOP, id: 'other' }, images: [shopImage(SHOP_IMAGE, 'another one')] }
  await expect(withDirectories(await shop(), await shop(other))).rejects.toMatchObject({
    message: expect.stringContaining(`other has another image ${SHOP_IMAGE} than shop`),
  })
})

test.each<[string, (text: string) => string, RegExp]>([
  ['objects.yaml', (text) => text.replace('replicas: 2', 'replicas: 3'), /objects\.yaml is another one/],
  ['addon.json', (text) => text.replace('"id": "shop"', '"id": "shed"'), /addon\.json is of shed/],
  ['addon.json', () => '{}', /addon\.json: format: /],
  ['addon.json', (text) => text + ' '.repeat(2 ** 18), /it has no addon\.json, or a longer one/],
])('a bundle is refused if %s was changed', async (name, change, problem) => {
  const items = await withDirectories(await shop())
  const path = `addons/shop/${name}`
  const changed = change(await contentIn(items, path))
  const source = closed(async () =>
    items.map((item) => (item.path === path ? { ...item, content: contentOf(changed) } : item)),
  )
  await expect(source(context)).rejects.toMatchObject({
    code: 'bundle/bad-add-on',
    message: expect.stringMatching(problem),
  })
})
