import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { STANDARD } from '../../src/base/layout.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { ctrImages, listPinned } from '../../src/host/containerd/pinned-images.ts'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import { kubectl } from '../support/site/site.ts'
import { execOk, type Node } from '../support/testbed/machine.ts'
import { copyIn, putFile } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'

const listed = async (node: Node) =>
  (await execOk(node, [...ctrImages(STANDARD), 'list'])).split('\n').map((line) => line.trim().split(/\s+/))
const pinned = async (node: Node) => (await execOk(node, [...listPinned(STANDARD)])).trim().split('\n').sort()

/** The image of kube-proxy is removed from a node, as by the kubelet of an earlier build, and its pod is deleted. */
export async function imagesComeBack({ node, say }: Scene): Promise<void> {
  const [m1, w1] = [node('m1'), node('w1')]
  const images = await listed(w1)
  const digest = images.find(([name]) => name?.includes('/kube-proxy:'))?.[2]
  const names = images.filter((words) => words[2] === digest).map(([name = '']) => name)
  assert.equal(names.length, 3, `its tag, its digest and its ID: ${names.join(', ')}`)
  await execOk(w1, [...ctrImages(STANDARD), 'remove', '--sync', ...names])
  const ofProxy = ['-n', 'kube-system', '-l', 'k8s-app=kube-proxy', '--field-selector', 'spec.nodeName=w1']
  await kubectl(m1, 'delete', 'pod', ...ofProxy, '--wait=false')
  const removedMs = performance.now()
  const took = () => `${((performance.now() - removedMs) / 1_000).toFixed(1)} s`
  const own = names.filter((name) => !name.startsWith('sha256:'))
  const areBack = async () => (await pinned(w1).then((found) => own.every((name) => found.includes(name)))) || undefined
  await waitFor('the image to be back', areBack, { withinMs: 90_000 })
  say(`the image was back after ${took()}`)
  const ready = '{.items[0].status.conditions[?(@.type=="Ready")].status}'
  const isUp = async () => {
    const { stdout } = await kubectl(m1, 'get', 'pod', ...ofProxy, '-o', `jsonpath=${ready}`)
    return stdout.trim() === 'True' || undefined
  }
  await waitFor('kube-proxy to run', isUp, { withinMs: 120_000 })
  say(`kube-proxy was Ready after ${took()}`)
}

const KUBELET_CONFIGURATION = '/var/lib/kubelet/config.yaml'
const UNUSED = 'registry.example/unused:v1'
/** No disk has so much free space. By default the condition lasts five minutes, and an image stays two. */
const PRESSURE = {
  evictionHard: { 'nodefs.available': '99%', 'imagefs.available': '99%' },
  evictionPressureTransitionPeriod: '1s',
  imageMinimumGCAge: '1s',
}

/** The thresholds of a kubelet are raised. It removes an image that is not pinned, and no other. */
export async function imagesSurvivePressure(scene: Scene): Promise<void> {
  const [m1, w1] = [scene.node('m1'), scene.node('w1')]
  await importUnused(w1)
  const images = await pinned(w1)
  const before = await execOk(w1, ['cat', KUBELET_CONFIGURATION])
  const restart = async (configuration: string) => {
    await putFile(w1, KUBELET_CONFIGURATION, configuration)
    await execOk(w1, ['systemctl', 'restart', 'kubelet.service'])
  }
  await restart(JSON.stringify({ ...parse(before), ...PRESSURE }))
  try {
    const isGone = async () => !(await listed(w1)).some(([name]) => name === UNUSED) || undefined
    await waitFor('the kubelet to remove the image that is not pinned', isGone, { withinMs: 120_000, everyMs: 1_000 })
    const named = async () => {
      const { stdout } = await scene.site().cli(['cluster', 'show', scene.cluster, '-o', 'json'])
      return (JSON.parse(stdout) as ClusterView).problems.find(({ code }) => code === 'node/disk-pressure')
    }
    const { message } = await waitFor('the pressure in the view of the cluster', named, { withinMs: 120_000 })
    scene.say(message)
    assert.deepEqual(await pinned(w1), images)
    await everyPodRuns(m1)
  } finally {
    await restart(before)
  }
  const isOver = async () => {
    const { stdout } = await scene.site().cli(['cluster', 'show', scene.cluster, '-o', 'json'])
    return (JSON.parse(stdout) as ClusterView).state === 'READY' || undefined
  }
  await waitFor('the cluster READY', isOver, { withinMs: 180_000, everyMs: 500 })
}

async function importUnused(node: Node): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'unused-'))
  try {
    const layer = new Map([['/name', { text: UNUSED }]])
    const archive = join(scratch, 'unused.tar')
    await writeFile(archive, (await imageArchive({ name: UNUSED, arch: 'x64', layer })).bytes())
    await copyIn(node, archive, '/root/unused.tar')
  } finally {
    await rm(scratch, { recursive: true })
  }
  await execOk(node, [...ctrImages(STANDARD), 'import', '--local', '/root/unused.tar'])
  await execOk(node, ['rm', '/root/unused.tar'])
}

/** Also the operator's and CoreDNS, which are critical: the kubelet evicts neither. */
async function everyPodRuns(m1: Node): Promise<void> {
  const { stdout } = await kubectl(m1, 'get', 'pods', '-A', '-o', 'json')
  const { items } = JSON.parse(stdout) as { items: { metadata: { name: string }; status: { phase: string } }[] }
  const others = items.filter(({ status }) => status.phase !== 'Running').map(({ metadata }) => metadata.name)
  assert.deepEqual(others, [])
}
