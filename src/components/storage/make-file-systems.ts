import { AgentError } from '../../base/agent-error.ts'
import { askIfInstalled } from '../../host/ask-if-installed.ts'
import { devicesWith } from '../../host/disks/block-devices.ts'
import type { Host } from '../../host/host.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { requireEmpty, wasMounted } from './content.ts'
import { type Volume, volumesOf } from './volumes.ts'

/** Each chosen disk gets a file system, unless it has the one that an earlier run made. A disk with anything else is refused. */
export const makeFileSystems: ProvisionStep = {
  id: 'storage/make-file-systems',
  title: 'Making file systems for volumes',
  async isDone(host, params) {
    for (const volume of volumesOf(params)) {
      if ((await host.stat(volume.begun)) !== undefined) return false
      if ((await devicesWith(host, volume.uuid)).length !== 1) return false
    }
    return true
  },
  async apply(host, params, { log }) {
    if ((await askIfInstalled(host, ['mkfs.ext4', '-V'])) === undefined) {
      throw new AgentError('storage/no-mkfs', 'mkfs.ext4 is not installed; it makes the file systems for volumes', {
        fix: 'install the package e2fsprogs',
      })
    }
    // All disks are looked at before the first is changed.
    const wanted: Volume[] = []
    for (const volume of volumesOf(params)) {
      if (await isMade(host, volume)) await host.discard(volume.begun, 'the file system is made')
      else wanted.push(volume)
    }
    for (const volume of wanted) {
      log(`making a file system on ${volume.device}`)
      await make(host, volume)
    }
  },
}

/**
 * Whether the file system is there. One that a killed run had begun is made again, unless it was ever mounted: then it is the volume that
 * was looked for, on a disk that was away. Throws unless its disk can have it.
 */
async function isMade(host: Host, volume: Volume): Promise<boolean> {
  const { device, begun } = volume
  const [found, ...others] = await devicesWith(host, volume.uuid)
  if (others.length > 0) {
    throw new AgentError(
      'storage/twice',
      `found the file system for ${device} on ${[found, ...others].join(' and ')}; wanted it once, because it is found by its UUID`,
      { fix: 'detach the copy, and run the same command again' },
    )
  }
  if (found !== undefined && ((await host.stat(begun)) === undefined || (await wasMounted(host, found)))) return true
  if (found !== device) await requireEmpty(host, device)
  return false
}

async function make(host: Host, { device, uuid, label, begun }: Volume): Promise<void> {
  await host.write(begun, `${device} ${uuid}\n`, 0o600)
  const mkfs = ['mkfs.ext4', '-q', '-U', uuid, '-L', label, '-m', '0', device] as const
  await host.run(mkfs, { kind: 'file-system', device, uuid })
  await host.discard(begun, 'the file system is made')
}
