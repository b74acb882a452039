import assert from 'node:assert/strict'
import { execOk, type Node } from '../support/testbed/machine.ts'
import type { Scene } from './shape.ts'

const MB = 1_000_000
/** Where a node has the files of a bundle, in whatever form, and what is made of them. The agent was there before. */
const PLACES = ['/var/lib/cantrip', '/var/lib/cantrip-containerd', '/usr/local/bin', '/usr/local/lib', '/opt/cni']
const DISK_USE = ['du', '-s', '--block-size=1', '--one-file-system', '--exclude=/usr/local/bin/cantrip-agent*']

/** Bytes that came over its interface so far. */
const received = async (node: Node) => Number(await execOk(node, ['cat', '/sys/class/net/host0/statistics/rx_bytes']))

/** Starts to count what each node receives. Later: prints it, and what is on its disk, and asserts the goals. */
export async function countDelivery(scene: Scene): Promise<() => Promise<void>> {
  const nodes = scene.nodes()
  const before = await Promise.all(nodes.map(received))
  return async () => {
    const found = await Promise.all(
      nodes.map(async (node, index) => {
        const wire = ((await received(node)) - (before[index] ?? 0)) / MB
        const sizes = (await execOk(node, [...DISK_USE, ...PLACES])).trim().split('\n')
        const disk = sizes.reduce((sum, line) => sum + Number.parseInt(line, 10), 0) / MB
        scene.say(
          `${node.name}: ${wire.toFixed(0)} MB received, ${disk.toFixed(0)} MB on the disk: ${sizes.join(', ')}`,
        )
        return { name: node.name, wire, disk }
      }),
    )
    for (const { name, wire, disk } of found) {
      // With the image of the operator, which is made on the node, a master received 292 MB.
      assert(wire <= 280, `${name} received ${wire} MB; wanted at most 280`)
      assert(disk <= 1_300, `${name} has ${disk} MB on its disk; wanted at most 1300`)
    }
  }
}
