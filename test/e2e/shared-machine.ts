import assert from 'node:assert/strict'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'
import { dockerState, startDocker } from './docker.ts'
import { allReady, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'
import { CTR, IMAGE, importImage } from './test-pod.ts'

const DISK = '/mnt/data'
const LINKS: Record<string, string> = {
  '/var/lib/cantrip-containerd': `${DISK}/containerd`,
  '/var/lib/kubelet': `${DISK}/kubelet`,
  '/var/lib/etcd': '/srv/etcd',
}
/** Shorter times than the kubelet's defaults, so that the test does not wait for minutes. */
const QUICKLY = ['evictionPressureTransitionPeriod: 10s', 'imageMinimumGCAge: 1s']
const PINNED = 'labels."io.cri-containerd.pinned"==pinned'
const DEPLOYMENTS: [string, string][] = [
  ['kube-system', 'coredns'],
  ['cantrip-system', 'operator'],
]

/**
 * A node that also runs Docker and a packaged containerd, and whose disk fills up. Docker is unaffected from installation
 * to uninstall, and the images of the cluster are kept, because there is no registry.
 */
export async function sharedMachine(scene: Scene, { stage }: Story): Promise<void> {
  let docker: Record<string, string> = {}
  const node = () => scene.node('n1')
  const dockerIsTheSame = async () => assert.deepEqual(await dockerState(node()), docker)
  await stage(
    'a bare node with running Docker containers, and data directories that are links to a second disk',
    async () => {
      await scene.boot('n1')
      await startDocker(node(), scene.signal)
      await mountDisk(node())
      docker = await dockerState(node())
      scene.say(docker.units ?? '')
    },
  )
  await stage('install and provision: READY', async () => {
    await scene.createCluster('shared', [], testbedOverrides(QUICKLY))
    await scene.addNode('n1', 'master,worker')
    await scene.provision()
  })
  await stage('Docker, its containerd, their containers and images are unchanged', dockerIsTheSame)
  let images: string[] = []
  await stage(
    'the disk is down to 8 % free: pods are evicted, and images from outside the bundle are removed',
    async () => {
      images = await presentImages(node(), PINNED)
      assert.deepEqual(images, await presentImages(node()), 'each is pinned')
      assert(images.length > 8, images.join(' '))
      await importImage(node())
      await runVictim(node())
      for (const [namespace, name] of DEPLOYMENTS) await scale(node(), namespace, name, 0)
      await fill(node(), 0.08)
      await underPressure(node(), 'True')
      await waitFor(
        'the eviction of a pod',
        async () => {
          const { stdout } = await kubectl(node(), 'get', 'pod', 'victim', '--output=jsonpath={.status.reason}')
          return stdout === 'Evicted' ? true : undefined
        },
        { withinMs: 180_000 },
      )
      await waitFor(
        'the removal of an image that is not pinned',
        async () => ((await presentImages(node())).includes(IMAGE) ? undefined : true),
        { withinMs: 180_000 },
      )
      assert.deepEqual(await presentImages(node()), images)
    },
  )
  await stage('the disk has space again: stopped pods start again without a registry', async () => {
    await execOk(node(), ['rm', `${DISK}/fill`])
    await underPressure(node(), 'False')
    await kubectl(node(), 'delete', 'pod', 'victim', '--now')
    for (const [namespace, name] of DEPLOYMENTS) await scale(node(), namespace, name, 1)
    await allReady(node(), 1)
    assert.deepEqual(await presentImages(node()), images)
  })
  await stage('provision restores images that were removed or unpinned', async () => {
    const [unpinned = '', ...lost] = images
    await execOk(node(), [...CTR, 'images', 'label', unpinned, 'io.cri-containerd.pinned='])
    await execOk(node(), [...CTR, 'images', 'remove', '--sync', ...lost])
    assert.deepEqual(await presentImages(node(), PINNED), [])
    await scene.provision()
    assert.deepEqual(await presentImages(node(), PINNED), images)
    await dockerIsTheSame()
  })
  await stage('uninstall: 0 differences, and Docker is unchanged', async () => {
    await uninstallAll([node()])
    await dockerIsTheSame()
    const found = await execOk(node(), ['find', '/run', '/etc', '/usr/local', '/var/lib', '-name', '*cantrip*'])
    assert.equal(found, '/var/lib/cantrip-containerd\n', 'the link alone')
    assert.equal(await execOk(node(), ['find', ...Object.values(LINKS), '-mindepth', '1']), '')
  })
}

/** Makes the data directories links to a second disk. */
async function mountDisk(node: Node): Promise<void> {
  await execOk(node, ['mkdir', DISK])
  await execOk(node, ['mount', '-t', 'tmpfs', '-o', 'size=4200m,mode=0755', 'tmpfs', DISK])
  for (const [link, directory] of Object.entries(LINKS)) {
    await execOk(node, ['mkdir', directory])
    await execOk(node, ['ln', '-s', directory, link])
  }
}

/** The complete and unpacked images: all, or those that match the filters. */
async function presentImages(node: Node, ...filters: string[]): Promise<string[]> {
  // ctr exits with an error, after it printed the others, if an image is removed meanwhile.
  const argv = [...CTR, 'images', 'check', '--quiet', ...filters]
  const { stdout: names } = await exec(node, argv, { timeoutMs: 60_000 })
  return names
    .split('\n')
    .filter((name) => name !== '' && !name.startsWith('sha256:'))
    .sort()
}

/** A pod without priority, which the kubelet may evict. */
async function runVictim(node: Node): Promise<void> {
  const run = ['run', 'victim', `--image=${IMAGE}`, '--image-pull-policy=Never', '--restart=Never']
  const { code, stderr } = await kubectl(node, ...run, '--', 'sleep', '86400')
  assert.equal(code, 0, stderr)
  const ready = await kubectl(node, 'wait', '--for=condition=Ready', 'pod/victim', '--timeout=60s')
  assert.equal(ready.code, 0, ready.stderr)
}

async function scale(node: Node, namespace: string, name: string, replicas: number): Promise<void> {
  const { code, stderr } = await kubectl(node, '-n', namespace, 'scale', 'deployment', name, `--replicas=${replicas}`)
  assert.equal(code, 0, stderr)
  await waitFor(
    `${replicas} pods of ${name}`,
    async () => {
      const path = '--output=jsonpath={.status.replicas},{.status.readyReplicas}'
      const { stdout } = await kubectl(node, '-n', namespace, 'get', 'deployment', name, path)
      return stdout === (replicas === 0 ? ',' : `${replicas},${replicas}`) ? true : undefined
    },
    { withinMs: 180_000 },
  )
}

async function fill(node: Node, free: number): Promise<void> {
  const [size = 0, available = 0] =
    (await execOk(node, ['df', '--block-size=1', '--output=size,avail', DISK]))
      .split('\n')[1]
      ?.trim()
      .split(/\s+/)
      .map(Number) ?? []
  const length = Math.floor(available - size * free)
  await execOk(node, ['fallocate', '--length', String(length), `${DISK}/fill`])
}

async function underPressure(node: Node, wanted: 'True' | 'False'): Promise<void> {
  const condition = `--output=jsonpath={.items[0].status.conditions[?(@.type=="DiskPressure")].status}`
  await waitFor(
    `DiskPressure ${wanted}`,
    async () => {
      const { stdout } = await kubectl(node, 'get', 'nodes', condition)
      return stdout === wanted ? true : undefined
    },
    { withinMs: 180_000 },
  )
}
