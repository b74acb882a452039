import assert from 'node:assert/strict'
import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type BundleManifest, MANIFEST_NAME } from '../../src/bundle/format.ts'
import { execOk } from '../support/testbed/machine.ts'
import { imagesComeBack } from './images-stay.ts'
import type { Scene } from './shape.ts'

const SENT = /other nodes sent (\d+) pieces of the bundle \(([\d.]+) MB; the controller sent ([\d.]+) MB\)/

/** What a node got in its last run. It has got pieces of the bundle from others. */
export async function handedOn(scene: Scene, name: string): Promise<{ peersMb: number; controllerMb: number }> {
  const log = await scene.site().admin('node', 'logs', name)
  const [told, , peers, controller] = SENT.exec(log) ?? []
  assert(told, `${name} got no pieces from other nodes: ${log.slice(-2_000)}`)
  scene.say(`  ${name}: ${told}`)
  return { peersMb: Number(peers), controllerMb: Number(controller) }
}

/** A worker that joins a READY cluster gets almost all of the bundle from its nodes. */
export async function laterWorkerGetsItFromReadyNodes(scene: Scene, name: string): Promise<void> {
  const { peersMb, controllerMb } = await handedOn(scene, name)
  assert(peersMb > 100, `other nodes sent only ${peersMb} MB`)
  assert(controllerMb < 0.1 * peersMb, `the controller sent ${controllerMb} MB`)
  for (const node of scene.nodes()) {
    const kept = '/var/lib/cantrip/bundle/*/pieces /var/lib/cantrip/bundle/*/layouts'
    scene.say(`  ${node.name} keeps: ${(await execOk(node, ['sh', '-c', `du -sm ${kept} || true`])).trim()}`)
  }
}

/** The archive of the image is not on the controller meanwhile, so only another node can have it. */
export async function imageComesFromPeer(scene: Scene): Promise<void> {
  const archive = await archiveOf(scene, '/kube-proxy:')
  const since = (await execOk(scene.node('w1'), ['date', '+%s'])).trim()
  await rename(archive, `${archive}.hidden`)
  try {
    await imagesComeBack(scene)
  } finally {
    await rename(`${archive}.hidden`, archive)
  }
  const journal = ['journalctl', '--no-pager', '-o', 'cat', '-u', 'cantrip-agent.service', '--since', `@${since}`]
  const [told, , , controller] = SENT.exec(await execOk(scene.node('w1'), journal)) ?? []
  assert.equal(controller, '0.0', told)
  scene.say(`  w1: ${told}`)
}

async function archiveOf(scene: Scene, image: string): Promise<string> {
  const bundles = join(scene.site().directory, 'data/bundles')
  for (const name of await readdir(bundles)) {
    const text = await readFile(join(bundles, name, MANIFEST_NAME), 'utf8').catch(() => undefined)
    const { files } = JSON.parse(text ?? '{"files":[]}') as Pick<BundleManifest, 'files'>
    const found = files.find((file) => file.role === 'image' && file.name.includes(image))
    if (found) return join(bundles, name, found.path)
  }
  throw new Error(`the controller has no ${image}`)
}
