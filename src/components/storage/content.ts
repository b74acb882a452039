import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { found, mountWith, numberOf, probe, signatures } from '../../host/disks/block-devices.ts'
import type { HostView } from '../../host/host.ts'

/** blkid found nothing that it knows, or cannot read the disk. */
const NOTHING = 2

/** Whether a file system was ever mounted: only one that was can have data. */
export async function wasMounted(host: Pick<HostView, 'ask'>, device: string): Promise<boolean> {
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
  const why = (await usesOf(host, name)) ?? (await signaturesOf(host, device))
  if (why === undefined) return
  throw new AgentError('storage/not-empty', `disk ${device} ${why}; wanted an empty disk, and nothing is overwritten`, {
    fix: `choose another disk; or, if nobody needs what it contains, erase it with ${command`wipefs --all ${device}`}`,
  })
}

/** What the kernel does with the disk. */
async function usesOf(host: HostView, name: string): Promise<string | undefined> {
  const directory = `/sys/block/${name}`
  const [entries, holders, mount, swaps] = await Promise.all([
    host.list(directory),
    host.list(`${directory}/holders`),
    numberOf(host, name).then((number) => mountWith(host, number)),
    host.read('/proc/swaps'),
  ])
  if (entries?.some((entry) => entry.startsWith(name))) return 'has partitions'
  if (holders && holders.length > 0) return `is part of ${holders.join(' ')}`
  if (mount) return `is mounted on ${mount.mountPoint}`
  if ((swaps ?? '').split('\n').some((line) => line.startsWith(`/dev/${name} `))) return 'is swap'
  return undefined
}

/** blkid says "nothing" also of a disk that it cannot read; wipefs does not. */
async function signaturesOf(host: HostView, device: string): Promise<string | undefined> {
  const probed = await host.ask(probe(device))
  if (probed.exitCode !== NOTHING) return `contains ${found(probed).type ?? 'something that blkid does not name'}`
  const { exitCode, stdout } = await host.ask(signatures(device))
  if (exitCode !== 0) return 'cannot be read'
  return stdout.trim() === '' ? undefined : `contains ${stdout.trim().split(/\s+/)[2] ?? 'a signature'}`
}
