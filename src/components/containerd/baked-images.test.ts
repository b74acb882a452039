import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { containerd } from './component.ts'

const BAKED = '/var/lib/cantrip-baked'
const ROOT = '/var/lib/cantrip-containerd'
const META = 'io.containerd.metadata.v1.bolt/meta.db'
const LAYERS = 'io.containerd.snapshotter.v1.overlayfs/metadata.db'
const MANIFEST = `${BAKED}/manifest.json`
const STEP = 'containerd/use-baked-images'

/** A machine whose image has images. `devices`: those directories are on two file systems. */
function baked({ devices = false } = {}) {
  const fake = fakeKubernetes()
  const { host } = fake
  for (const file of [META, LAYERS]) host.files.seed(`${BAKED}/${file}`, `the ${file} of the image`)
  const { sha256 } = fake.params.bundleStore.file('binary', 'containerd')
  host.files.seed(MANIFEST, JSON.stringify({ files: [{ name: 'containerd', sha256 }] }))
  host.on(['mkdir'], {})
  host.on(['cp'], (argv) =>
    devices && argv.includes('--link') ? { exitCode: 1, stderr: 'Invalid cross-device link' } : {},
  )
  const copies = () => host.calls.filter(([file]) => file === 'cp').map((argv) => argv.slice(3).join(' '))
  return { fake, host, copies }
}

test('images of the image are taken over before containerd starts, and an undo removes only what containerd has', async () => {
  const { fake, host, copies } = baked()
  const applied = await runComponent(containerd, fake)
  expect(applied.slice(-2)).toEqual([STEP, 'containerd/start-service'])
  const trees = ['io.containerd.content.v1.content/blobs', 'io.containerd.snapshotter.v1.overlayfs/snapshots']
  expect(copies()).toEqual(trees.map((tree) => `--link --no-target-directory ${BAKED}/${tree} ${ROOT}/${tree}`))
  for (const file of [META, LAYERS]) expect(host.text(`${ROOT}/${file}`)).toBe(`the ${file} of the image`)
  const undos = host.changes.map(({ undo }) => undo)
  const tree = undos.findIndex((undo) => undo.kind === 'empty-directory' && undo.path === ROOT && undo.all)
  expect(tree).toBeGreaterThanOrEqual(0)
  expect(tree).toBeLessThan(host.changes.findIndex(({ what }) => what.startsWith('cp ')))
  expect(undos.filter((undo) => 'path' in undo && undo.path.startsWith(BAKED))).toEqual([])
  expect(await runComponent(containerd, fake)).toEqual([])
})

test('on another file system they are copied', async () => {
  const { fake, copies } = baked({ devices: true })
  await runComponent(containerd, fake)
  expect(copies().map((line) => line.split(' ')[0])).toEqual(['--link', '--reflink=auto', '--link', '--reflink=auto'])
})

type Prepare = (fake: ReturnType<typeof fakeKubernetes>) => void

test.each<[string, Prepare]>([
  ['without images in its image', ({ host }) => host.files.deleteTree(BAKED, false)],
  ['whose images are of another containerd', ({ host }) => host.files.seed(MANIFEST, '{"files":[]}')],
  ['whose containerd has images', ({ host }) => host.files.seed(`${ROOT}/${META}`, 'x')],
])('nothing is taken over on a machine %s', async (_, prepare) => {
  const { fake, copies } = baked()
  prepare(fake)
  expect(await runComponent(containerd, fake)).not.toContain(STEP)
  expect(copies()).toEqual([])
})
