import { join } from 'node:path'
import { readIfThere, writeDurably } from '../../../base/durable-file.ts'

/** The time of the last backup, in a file of the data directory, so that a restart does not forget it. */
export function openBackupTime(dataDirectory: string): { read(): Date | undefined; write(at: Date): void } {
  const path = join(dataDirectory, 'last-backup')
  return {
    read() {
      const at = new Date(readIfThere(path)?.trim() ?? '')
      return Number.isNaN(at.getTime()) ? undefined : at
    },
    write: (at) => writeDurably(path, `${at.toISOString()}\n`),
  }
}
