import type { Machine } from '../../../host/machine.ts'
import type { Backup } from '../../../protocol/wire/messages/backup.ts'
import { listBackups } from './list.ts'
import { directoryOf } from './places.ts'

const GIB = 2 ** 30

/**
 * The newest ones, by why they were made, so that whoever may request backups cannot push out the others. `atLeast`: whatever
 * their size. Those by schedule are of two days.
 */
export const KEPT = {
  schedule: { count: 8, bytes: 4 * GIB, atLeast: 2 },
  request: { count: 4, bytes: 2 * GIB, atLeast: 1 },
  change: { count: 4, bytes: 2 * GIB, atLeast: 1 },
} as const
type Kind = keyof typeof KEPT

/** Removes the oldest backups of each kind beyond the number and the size that are kept. */
export async function prune(machine: Machine): Promise<void> {
  const backups = await listBackups(machine)
  for (const [kind, { count, bytes: most, atLeast }] of Object.entries(KEPT)) {
    let total = 0
    for (const [index, { id, bytes }] of backups.filter((backup) => kindOf(backup) === kind).entries()) {
      total += bytes
      const isBeyond = index >= count || total > most
      if (isBeyond && index >= atLeast) await machine.removeTree(directoryOf(id), { all: true })
    }
  }
}

const kindOf = ({ reason }: Backup): Kind => (reason === 'schedule' || reason === 'request' ? reason : 'change')
