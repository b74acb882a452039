import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** A directory with all below it, as plain data that two moments can be compared by; with the times of its files. */
export function lookAt(directory: string, { times = true } = {}): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, name)
    const stats = lstatSync(path)
    const content = stats.isFile() ? readFileSync(path, 'utf8') : stats.isSymbolicLink() ? readlinkSync(path) : ''
    found[name] = `${stats.mode.toString(8)} ${times && stats.isFile() ? stats.mtimeMs : ''} ${content}`
  }
  return found
}
