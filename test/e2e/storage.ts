import assert from 'node:assert/strict'
import { type LoopDisk, loopDisk } from '../support/testbed/loop-disk.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { isReady, kubernetesNodes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

const MIB = 2 ** 20

/** A node with a disk for volumes: made, mounted before the kubelet, kept over a power cut and an uninstallation, and erased if asked. */
export async function storage(scene: Scene, { stage }: Story): Promise<void> {
  const n1 = () => scene.node('n1')
  let disk: LoopDisk | undefined
  const device = () => disk?.device ?? ''
  try {
    await stage('a bare node with an empty disk', async () => {
      await scene.boot('n1')
      disk = await loopDisk(n1(), 512 * MIB)
      await disk.attach()
      await scene.createCluster('volumes', [])
    })
    await stage('a disk with content is refused when the node is configured', async () => {
      await execOk(n1(), ['mkfs.ext4', '-q', device()])
      const refused = scene.addNode('n1', 'master,worker,storage', '--disk', device())
      await assert.rejects(refused, /disk\/unusable|does not exist|cannot be used/)
      await execOk(n1(), ['wipefs', '--all', device()])
      await execOk(n1(), ['systemctl', 'restart', 'cantrip-agent.service'])
    })
    await stage('an empty disk is chosen, and the cluster is READY', async () => {
      const configure = () =>
        scene.site().cli(['node', 'configure', 'n1', '--role', 'master,worker,storage', '--disk', device()])
      let last = ''
      const isConfigured = async () => {
        const { code, stderr } = await configure()
        last = stderr
        return code === 0 || undefined
      }
      await waitFor('the facts of the empty disk', isConfigured, {
        withinMs: 60_000,
        everyMs: 1_000,
        details: () => last,
      })
      await scene.provision()
    })
    await stage('its file system is mounted, and under it nothing can be written', async () => {
      const path = await mountOf(n1(), device())
      await execOk(n1(), ['sh', '-c', `echo kept > ${path}/data`])
      const { code } = await exec(n1(), ['unshare', '--mount', 'sh', '-c', `umount ${path} && touch ${path}/lost`])
      assert.notEqual(code, 0, 'a file could be written below the mount')
    })
    await stage('after a power cut the data are there, and the node is Ready', async () => {
      await kill(n1())
      await boot(n1(), scene.signal)
      await disk?.attach()
      // A machine has its disks when it boots.
      const [unit = ''] = await units(n1())
      await execOk(n1(), ['systemctl', 'restart', unit])
      const path = await mountOf(n1(), device())
      assert.equal(await execOk(n1(), ['cat', `${path}/data`]), 'kept\n')
      const ready = async () => isReady((await kubernetesNodes(n1()).catch(() => undefined))?.get('n1')) || undefined
      await waitFor('n1 is Ready', ready, { withinMs: 180_000 })
    })
    await stage('an uninstallation restores the machine, and keeps the volumes', async () => {
      await uninstallAll(scene.nodes())
      const found = await execOk(n1(), ['blkid', '--probe', '--output', 'export', device()])
      assert.match(found, /^LABEL=cantrip-[0-9a-f]{8}$/m)
      assert.equal((await execOk(n1(), ['cat', '/proc/self/mountinfo'])).includes(device()), false)
    })
  } finally {
    // Whatever failed: the bed could not remove an immutable directory.
    const path = '/var/lib/cantrip-volumes'
    const free = `umount -q ${path}; chattr -f -i ${path}`
    await exec(n1(), ['sh', '-c', free]).catch(() => undefined)
    await disk?.remove().catch(() => undefined)
  }
}

async function mountOf(node: Node, device: string): Promise<string> {
  return (await execOk(node, ['findmnt', '--noheadings', '--output', 'TARGET', '--source', device])).trim()
}

async function units(node: Node): Promise<string[]> {
  const list = ['systemctl', 'list-unit-files', '--no-legend', '--type=mount', 'var-lib-cantrip*']
  return (await execOk(node, list)).split('\n').flatMap((line) => line.split(' ')[0] || [])
}
