import { volumesReason } from '../../base/text/volume-uuid.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import { askIfInstalled } from '../ask-if-installed.ts'
import { found, probe, signatures } from '../disks/block-devices.ts'
import type { HostView } from '../host.ts'

export type Disk = Facts['disks'][number]

/** What lsblk reports in addition to /sys, which does not know file systems. */
export interface BlockDevice {
  name: string
  fsType: string
  mount: string
}

const virtual = /^(ram|zram|fd|sr|dm-|md|nbd)\d*/
const SECTOR_BYTES = 512

/** Whole disks, and loop devices that are usable. A disk is usable for storage only if it is empty. */
export async function listDisks(view: HostView, blockDevices: readonly BlockDevice[]): Promise<Disk[]> {
  const names = ((await view.list('/sys/block')) ?? []).filter((name) => !virtual.test(name))
  const disks = await Promise.all(names.map((name) => look(view, name, blockDevices)))
  const isShown = await Promise.all(disks.map((disk) => !isLoop(disk) || isUsableLoop(view, disk)))
  return disks.filter((disk, index) => disk.sizeBytes > 0 && isShown[index])
}

/** What is on the disk itself; undefined if it is empty. */
async function contentOf(view: HostView, device: string): Promise<string | undefined> {
  const probed = await askIfInstalled(view, probe(device))
  if (probed?.exitCode === 8) return 'contains signatures of several file systems'
  const { label, uuid, type } = probed ? found(probed) : {}
  if (label?.startsWith('cantrip-') && uuid !== undefined) return volumesReason(uuid)
  if (type !== undefined) return `contains ${type}`
  // blkid says nothing also of a disk that it cannot read.
  const all = await askIfInstalled(view, signatures(device))
  if (all === undefined || all.exitCode === 0) return undefined
  return 'cannot be read'
}

const isLoop = ({ device }: Disk) => device.startsWith('/dev/loop')

/** Packages such as snaps use others. A container sees all of its host, and has only its own in /dev. */
async function isUsableLoop(view: HostView, { device, usableForStorage }: Disk): Promise<boolean> {
  return usableForStorage && (await view.stat(device)) !== undefined
}

async function look(view: HostView, name: string, blockDevices: readonly BlockDevice[]): Promise<Disk> {
  const directory = `/sys/block/${name}`
  const attribute = async (file: string) => (await view.read(`${directory}/${file}`))?.trim() ?? ''
  const [size, model, rotational, readOnly, removable, entries, holders] = await Promise.all([
    attribute('size'),
    attribute('device/model'),
    attribute('queue/rotational'),
    attribute('ro'),
    attribute('removable'),
    view.list(directory),
    view.list(`${directory}/holders`),
  ])
  const known = blockDevices.find((device) => device.name === name)
  const reasons = [
    entries?.some((entry) => entry.startsWith(name)) && 'has partitions',
    (holders?.length ?? 0) > 0 && `is part of ${holders?.join(' ')}`,
    known === undefined && 'its content is unknown (lsblk failed)',
    known?.fsType && `contains ${known.fsType}`,
    known?.mount && `is mounted on ${known.mount}`,
    readOnly === '1' && 'is read-only',
    removable === '1' && 'is removable',
  ].filter((reason) => typeof reason === 'string' && reason !== '')
  // lsblk knows only what udev has read, which in a container is nothing.
  const content = reasons.length === 0 ? await contentOf(view, `/dev/${name}`) : undefined
  if (content !== undefined) reasons.push(content)
  return {
    device: `/dev/${name}`,
    sizeBytes: Number(size) * SECTOR_BYTES,
    model,
    rotational: rotational === '1',
    usableForStorage: reasons.length === 0,
    reason: reasons.length === 0 ? 'empty' : reasons.join(', '),
  }
}
