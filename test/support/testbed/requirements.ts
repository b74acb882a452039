import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const TOOLS = [
  'debootstrap',
  'systemd-nspawn',
  'nsenter',
  'unshare',
  'ip',
  'ss',
  'mount',
  'umount',
  'dpkg',
  'chroot',
  'sysctl',
]

/** Why a test bed is not possible on this machine; undefined if it is. */
export function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'the test bed needs root, to create mounts, namespaces and cgroups'
  const missing = TOOLS.filter((tool) => !isOnPath(tool))
  if (missing.length > 0) return `the test bed needs ${missing.join(', ')}: run scripts/setup`
  return undefined
}

export function requirements(): void {
  const reason = whyNot()
  if (reason) throw new Error(reason)
}

function isOnPath(tool: string): boolean {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return directories.some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK)
      return true
    } catch {
      return false // try the next directory
    }
  })
}
