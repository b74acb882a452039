import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { containerdPrograms, type Layout, READ_ONLY_USR, STANDARD } from '../../src/base/layout.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { writeHashed } from '../../src/bundle/make/write-hashed.ts'
import { kubectl } from '../support/site/site.ts'
import { debianPackage } from '../support/testbed/debian-package.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { copyIn } from '../support/testbed/nodes.ts'

export const IMAGE = 'cantrip.test/busybox:1'
const SERVICE = 'kubernetes.default.svc.cluster.local'
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'own', namespace: 'default' },
  spec: {
    restartPolicy: 'Never',
    containers: [{ name: 'own', image: IMAGE, imagePullPolicy: 'Never', args: ['nslookup', '-type=a', SERVICE] }],
  },
}

/** Runs a pod of the test with a manually imported image. The pod resolves a service name. */
export async function testPodResolves(node: Node): Promise<void> {
  await importImage(node)
  const applied = await execOk(node, ['kubectl', ...ADMIN, 'apply', '-f', '-'], { stdin: JSON.stringify(POD) })
  assert.match(applied, /pod\/own created/)
  const ended = await kubectl(node, 'wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/own', '--timeout=60s')
  const log = (await kubectl(node, 'logs', 'own')).stdout
  assert.equal(ended.code, 0, `${ended.stderr}\n${log}`)
  assert.match(log, /Address: 10\.96\.0\.1\b/)
  await kubectl(node, 'delete', 'pod', 'own', '--now')
}

const ctrIn = (layout: Layout) =>
  [`${containerdPrograms(layout)}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io'] as const
/** ctr for the containerd of the node's pods. */
export const CTR = ctrIn(STANDARD)
export const ADMIN = ['--kubeconfig', '/etc/kubernetes/admin.conf']

async function ctrOn(node: Node): Promise<readonly string[]> {
  const isBelowOpt = (await exec(node, ['test', '-e', ctrIn(READ_ONLY_USR)[0]])).code === 0
  return isBelowOpt ? ctrIn(READ_ONLY_USR) : CTR
}

/** Imports the image of the test into a containerd of the node. */
export async function importImage(node: Node, ctrImport?: readonly string[]): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-own-pod-'))
  try {
    const busybox = join(await debianPackage('busybox-static'), 'bin/busybox')
    const layer = new Map([['/bin/busybox', { file: busybox }]])
    const archive = await imageArchive({ name: IMAGE, arch: 'x64', layer, entrypoint: ['/bin/busybox'] })
    const file = join(scratch, 'busybox.tar')
    await writeHashed(file, archive.bytes())
    await copyIn(node, file, '/root/busybox.tar')
    await execOk(node, [...(ctrImport ?? [...(await ctrOn(node)), 'images', 'import', '--local']), '/root/busybox.tar'])
    await execOk(node, ['rm', '/root/busybox.tar'])
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
