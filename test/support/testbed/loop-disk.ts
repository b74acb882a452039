import { rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execOk, type Node } from './machine.ts'
import { must } from './run.ts'

/** A disk of a node: a loop device of this machine, whose file is in the directory of the node. */
export interface LoopDisk {
  /** `/dev/loopN`, here and in the node. */
  readonly device: string
  /** Puts it into the /dev of the node, as an administrator of containers does after each boot. */
  attach(): Promise<void>
  remove(): Promise<void>
}

export async function loopDisk(node: Node, bytes: number): Promise<LoopDisk> {
  const file = join(node.directory, 'loop-disk')
  await writeFile(file, '')
  await truncate(file, bytes)
  const device = (await must(['losetup', '--find', '--show', file])).trim()
  const number = device.replace('/dev/loop', '')
  return {
    device,
    attach: async () => void (await execOk(node, ['mknod', '--mode=660', device, 'b', '7', number])),
    async remove() {
      await must(['losetup', '--detach', device])
      await rm(file, { force: true })
    },
  }
}
