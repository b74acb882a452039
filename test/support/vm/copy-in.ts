import { stat } from 'node:fs/promises'
import { must } from '../testbed/run.ts'
import { execOk, type Guest } from './guest.ts'
import { carrier } from './qemu-command.ts'

/**
 * Copies a file of the host into the guest with its permissions. It uses a second disk, which is faster than the guest
 * agent and needs no network.
 */
export async function copyIn(guest: Guest, file: string, target: string): Promise<void> {
  const { size, mode } = await stat(file)
  await must(['dd', `if=${file}`, `of=${carrier(guest)}`, 'bs=4M', 'conv=notrunc', 'status=none'])
  const permissions = (mode & 0o7777).toString(8)
  const take = 'blockdev --flushbufs /dev/vdb && head -c "$1" /dev/vdb | install -D -m "$2" /dev/stdin "$3"'
  await execOk(guest, ['sh', '-c', take, 'sh', String(size), permissions, target], { timeoutMs: 300_000 })
}

/** Copies a directory to `target`, with owners and permissions. */
export async function copyTreeIn(guest: Guest, directory: string, target: string): Promise<void> {
  // 1<> does not truncate the disk.
  await must(['sh', '-c', 'tar -c -C "$1" . 1<> "$2"', 'sh', directory, carrier(guest)], { timeoutMs: 300_000 })
  const take = 'blockdev --flushbufs /dev/vdb && mkdir -p "$1" && tar -x -C "$1" -f /dev/vdb'
  await execOk(guest, ['sh', '-c', take, 'sh', target], { timeoutMs: 600_000 })
}
