import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { STANDARD } from '../../src/base/layout.ts'
import { type Image, imageArchive } from '../../src/bundle/make/image.ts'
import { writeHashed } from '../../src/bundle/make/write-hashed.ts'
import { listAdded } from '../../src/host/containerd/pinned-images.ts'
import type { ImageView } from '../../src/protocol/images/routes.ts'
import { kubectl } from '../support/site/site.ts'
import { debianPackage } from '../support/testbed/debian-package.ts'
import { execOk } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'

/** No registry has them. */
const TOOL = 'registry.invalid/own/tool:v1'
const STAYS = 'registry.invalid/own/stays:v1'

const images = (scene: Scene, ...argv: string[]) => scene.site().cli(['cluster', 'images', ...argv])

/** A person adds two images to the cluster; a pod of one of them runs on each node, by tag and by digest. */
export async function ownImagesRun(scene: Scene, ...nodes: string[]): Promise<void> {
  const busybox = join(await debianPackage('busybox-static'), 'bin/busybox')
  const layer = new Map([['/bin/busybox', { file: busybox }]])
  const startedMs = performance.now()
  await add(scene, { name: TOOL, arch: 'x64', layer, entrypoint: ['/bin/busybox'] })
  scene.say(`the image was on all nodes after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`)
  await add(scene, { name: STAYS, arch: 'x64', layer: new Map([['/name', { text: STAYS }]]) }, '--unpinned')
  assert.deepEqual(
    (await listed(scene)).map(({ name, pinned, nodes: on }) => [name, pinned, on.have.sort()]),
    [
      [STAYS, false, nodes],
      [TOOL, true, nodes],
    ],
  )
  await podsRun(scene, ...nodes)
}

/**
 * A node that has joined since has them too. What is removed goes from all nodes, and the other one stays, except where the kubelet has
 * removed it, because it is not pinned and the disk was full.
 */
export async function ownImagesGo(scene: Scene, late: string, wasFull: string): Promise<void> {
  await podsRun(scene, late)
  const removed = await images(scene, 'remove', scene.cluster, TOOL, '--yes')
  assert.equal(removed.code, 0, removed.stderr)
  const rest = scene.nodes().filter(({ name }) => name !== wasFull)
  for (const node of scene.nodes()) {
    const wanted = rest.includes(node) ? [STAYS] : []
    const names = async () =>
      (await execOk(node, [...listAdded(STANDARD)])).split('\n').map((line) => line.split(' ')[0] ?? '')
    const areRight = async () =>
      (await names()).filter((name) => /\/own\/.*:v1$/.test(name)).join() === wanted.join() || undefined
    await waitFor(`only ${wanted} on ${node.name}`, areRight, { withinMs: 60_000, everyMs: 500 })
  }
  const have = rest
    .map(({ name }) => name)
    .sort()
    .join()
  const isListed = async () => {
    const found = (await listed(scene)).map(({ name, nodes }) => `${name} ${nodes.have.sort().join()}`)
    return found.join() === `${STAYS} ${have}` || undefined
  }
  await waitFor('the list to say so', isListed, { withinMs: 30_000, everyMs: 500 })
}

async function add(scene: Scene, image: Image, ...options: string[]): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-own-'))
  try {
    const file = join(scratch, 'image.tar')
    await writeHashed(file, (await imageArchive(image)).bytes())
    const added = await images(scene, 'add', scene.cluster, file, '--wait', ...options)
    assert.equal(added.code, 0, added.stderr)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function listed(scene: Scene): Promise<ImageView[]> {
  const { code, stdout, stderr } = await images(scene, 'list', scene.cluster, '-o', 'json')
  assert.equal(code, 0, stderr)
  return (JSON.parse(stdout) as { images: ImageView[] }).images
}

async function podsRun(scene: Scene, ...nodes: string[]): Promise<void> {
  const m1 = scene.node('m1')
  const [tool] = (await listed(scene)).filter(({ name }) => name === TOOL)
  const byDigest = `${TOOL.split(':')[0]}@${tool?.archives[0]?.digest}`
  const run = async (nodeName: string, image: string, at: number) => {
    const pod = `own-${nodeName}-${at}`
    const spec = JSON.stringify({ spec: { nodeName, terminationGracePeriodSeconds: 0 } })
    const flags = [`--image=${image}`, '--image-pull-policy=IfNotPresent', `--overrides=${spec}`]
    const made = await kubectl(m1, 'run', pod, ...flags, '--', 'sleep', '3600')
    assert.equal(made.code, 0, made.stderr)
    const ready = await kubectl(m1, 'wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s')
    assert.equal(ready.code, 0, `${ready.stderr}\n${(await kubectl(m1, 'describe', 'pod', pod)).stdout}`)
    await kubectl(m1, 'delete', 'pod', pod, '--now')
  }
  await Promise.all(nodes.flatMap((node) => [TOOL, byDigest].map((image, at) => run(node, image, at))))
}
