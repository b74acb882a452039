import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Lists a directory tree as plain data, to compare two moments; with the times of its files. */
export function listTree(directory: string, { times = true } = {}): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, name)
    const stats = lstatSync(path)
    const content = stats.isFile() ? readFileSync(path, 'utf8') : stats.isSymbolicLink() ? readlinkSync(path) : ''
    found[name] = `${stats.mode.toString(8)} ${times && stats.isFile() ? stats.mtimeMs : ''} ${content}`
  }
  return found
}
