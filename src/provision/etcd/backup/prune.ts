import type { Machine } from '../../../host/machine.ts'
import { listBackups } from './list.ts'
import { directoryOf } from './places.ts'

/** Two days of backups by schedule, and some before changes. */
export const KEPT = 12
export const KEPT_BYTES = 8 * 2 ** 30
/** Kept whatever their size. */
const AT_LEAST = 2

/** Removes the oldest backups beyond the number and the size that are kept. */
export async function prune(machine: Machine): Promise<void> {
  let total = 0
  for (const [index, { id, bytes }] of (await listBackups(machine)).entries()) {
    total += bytes
    const isBeyond = index >= KEPT || total > KEPT_BYTES
    if (isBeyond && index >= AT_LEAST) await machine.removeTree(directoryOf(id), { all: true })
  }
}
