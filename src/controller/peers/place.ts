import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere, writeDurably } from '../../base/durable-file.ts'

/** Identifies the data directory. It is created at the first start. */
export function placeOf(dataDirectory: string): string {
  const path = join(dataDirectory, 'controller-id')
  const found = readIfThere(path)?.trim()
  if (found) return found
  const made = randomUUID()
  writeDurably(path, `${made}\n`)
  return made
}
