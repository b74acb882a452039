import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { HostView } from '../../host/host.ts'
import type { Volume } from './volumes.ts'

/** blkid found nothing that it knows, or cannot read the disk. */
const NOTHING = 2

/** The devices that have the file system now; normally one, or none. */
export async function devicesWith(host: Asked, { uuid }: Pick<Volume, 'uuid'>): Promise<string[]> {
  const { exitCode, stdout } = await host.ask(['blkid', '--output', 'device', '--match-token', `UUID=${uuid}`])
  return exitCode === 0 ? stdout.split('\n').filter(Boolean) : []
}

type Asked = Pick<HostView, 'ask'>

/** Whether a file system was ever mounted: only one that was can have data. */
export async function wasMounted(host: Asked, device: string): Promise<boolean> {
  const { exitCode, stdout } = await host.ask(['dumpe2fs', '-h', device])
  return exitCode !== 0 || !/^Last mount time:\s+n\/a$/m.test(stdout)
}

/**
 * Throws AgentError `storage/not-empty` unless the disk has no file system, no partitions, no signature of anything else, and is part of
 * nothing. Reads the disk itself, not what udev or a cache knows of it.
 */
export async function requireEmpty(host: HostView, device: string): Promise<void> {
  const name = device.replace(/^\/dev\//, '')
  if ((await host.stat(device)) === undefined || (await host.list(`/sys/block/${name}`)) === undefined) {
    throw new AgentError('storage/no-disk', `found no disk ${device} on this machine; it was chosen for storage`, {
      fix: 'check the disk, or configure the node with another one',
    })
  }
  const found = (await usesOf(host, name)) ?? (await signaturesOf(host, device))
  if (found === undefined) return
  throw new AgentError(
    'storage/not-empty',
    `disk ${device} ${found}; wanted an empty disk, and nothing is overwritten`,
    {
      fix: `choose another disk; or, if nobody needs what it contains, erase it with ${command`wipefs --all ${device}`}`,
    },
  )
}

/** What the kernel does with the disk. */
async function usesOf(host: HostView, name: string): Promise<string | undefined> {
  const directory = `/sys/block/${name}`
  const [entries, holders, number, mounts, swaps] = await Promise.all([
    host.list(directory),
    host.list(`${directory}/holders`),
    host.read(`${directory}/dev`),
    host.read('/proc/self/mountinfo'),
    host.read('/proc/swaps'),
  ])
  if (entries?.some((entry) => entry.startsWith(name))) return 'has partitions'
  if (holders && holders.length > 0) return `is part of ${holders.join(' ')}`
  const mount = (mounts ?? '').split('\n').find((line) => line.split(' ')[2] === number?.trim())
  if (mount) return `is mounted on ${mount.split(' ')[4]}`
  if ((swaps ?? '').split('\n').some((line) => line.startsWith(`/dev/${name} `))) return 'is swap'
  return undefined
}

/** blkid says "nothing" also of a disk that it cannot read; wipefs does not. */
async function signaturesOf(host: HostView, device: string): Promise<string | undefined> {
  const probe = await host.ask(['blkid', '--probe', '--output', 'export', device])
  const value = (key: string) => new RegExp(`^${key}=(.+)$`, 'm').exec(probe.stdout)?.[1]
  if (probe.exitCode !== NOTHING)
    return `contains ${value('TYPE') ?? value('PTTYPE') ?? 'something that blkid does not name'}`
  const { exitCode, stdout } = await host.ask(['wipefs', '--no-act', '--noheadings', device])
  if (exitCode !== 0) return 'cannot be read'
  return stdout.trim() === '' ? undefined : `contains ${stdout.trim().split(/\s+/)[2] ?? 'a signature'}`
}
