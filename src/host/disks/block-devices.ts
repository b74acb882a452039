import { readMounts } from '../files/read-mounts.ts'
import type { HostView, Output } from '../host.ts'
import type { Mount } from '../parse/mountinfo.ts'

/** The devices that have the file system with this UUID now; normally one, or none. */
export async function devicesWith(view: Pick<HostView, 'ask'>, uuid: string): Promise<string[]> {
  const { exitCode, stdout } = await view.ask(['blkid', '--output', 'device', '--match-token', `UUID=${uuid}`])
  return exitCode === 0 ? stdout.split('\n').filter(Boolean) : []
}

/** MAJOR:MINOR, as in /proc/self/mountinfo; undefined if the device is no whole disk. */
export async function numberOf(view: Pick<HostView, 'read'>, device: string): Promise<string | undefined> {
  return (await view.read(`/sys/block/${device.replace(/^\/dev\//, '')}/dev`))?.trim()
}

/** The first mount of the file system of a disk. */
export async function mountWith(view: Pick<HostView, 'read'>, number: string | undefined): Promise<Mount | undefined> {
  return (await readMounts(view)).find(({ device }) => device === number)
}

/** Reads the disk itself, not what udev or a cache knows of it. Exit code 2: it found nothing, or cannot read the disk. */
export const probe = (device: string) => ['blkid', '--probe', '--output', 'export', device] as const

/** What `probe` found. */
export function found({ stdout }: Pick<Output, 'stdout'>): { type?: string; uuid?: string; label?: string } {
  const value = (key: string) => new RegExp(`^${key}=(.+)$`, 'm').exec(stdout)?.[1]
  const [type, uuid, label] = [value('TYPE') ?? value('PTTYPE'), value('UUID'), value('LABEL')]
  return {
    ...(type !== undefined && { type }),
    ...(uuid !== undefined && { uuid }),
    ...(label !== undefined && { label }),
  }
}

/** Lists all signatures. Unlike `probe`, it fails if it cannot read the disk. */
export const signatures = (device: string) => ['wipefs', '--no-act', '--noheadings', device] as const
