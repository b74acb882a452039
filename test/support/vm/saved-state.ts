import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bed } from '../testbed/bed.ts'
import { waitFor } from '../wait-for.ts'
import { controlSocket } from './control-socket.ts'
import { boot, execOk, type Guest, newGuest, powerCut, type Saved } from './guest.ts'
import { disk, socketOf } from './qemu-command.ts'

const SAVE_MS = 180_000

/** Stops the guest and saves its disk and memory in `directory`. The guest is off afterwards. */
export async function saveState(guest: Guest, directory: string): Promise<Saved> {
  const saved = savedIn(directory)
  await mkdir(directory, { recursive: true })
  // Written data is in the disk file afterwards, and the saved memory is smaller.
  await execOk(guest, ['sh', '-c', 'sync && echo 3 > /proc/sys/vm/drop_caches'])
  const monitor = await controlSocket(socketOf(guest, 'monitor'))
  try {
    await monitor.call('qmp_capabilities')
    await monitor.call('migrate-set-parameters', { 'max-bandwidth': 8 << 30 })
    await monitor.call('migrate', { uri: `file:${saved.memory}` })
    await waitFor(
      'saved state',
      async () => {
        const { status, ...rest } = await monitor.call<{ status: string }>('query-migrate')
        if (status === 'failed') throw new Error(`the state could not be saved: ${JSON.stringify(rest)}`)
        return status === 'completed' ? true : undefined
      },
      { withinMs: SAVE_MS },
    )
    await monitor.call('quit')
  } finally {
    monitor.close()
  }
  await powerCut(guest)
  await rename(disk(guest), saved.disk)
  await rm(guest.directory, { recursive: true })
  return saved
}

/** Starts a guest from the state in `directory`, with the current time. The saved state is not changed. */
export async function restoreState(bed: Bed, directory: string, signal?: AbortSignal): Promise<Guest> {
  const saved = savedIn(directory)
  const guest = await newGuest(bed, signal, saved)
  await boot(guest, signal, saved.memory)
  await execOk(guest, ['date', '--utc', '--set', `@${Date.now() / 1000}`])
  return guest
}

const savedIn = (directory: string): Saved => ({
  disk: join(directory, 'disk.qcow2'),
  memory: join(directory, 'memory'),
})
