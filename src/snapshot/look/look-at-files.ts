import { readMounts } from '../../host/files/read-mounts.ts'
import type { TreeEntry } from '../../host/linux/files/walk-tree.ts'
import type { Facts } from '../facts.ts'
import type { Notes, Observer } from './observer.ts'
import { LOCAL_FILE_SYSTEMS, MOST_ENTRIES, PLACES } from './places.ts'

export async function lookAtFiles({ view, walk }: Observer, { changedAtMs, cut }: Notes): Promise<Facts> {
  const mounts = await readMounts(view)
  const remote = mounts.filter(({ fileSystem }) => !LOCAL_FILE_SYSTEMS.has(fileSystem))
  const skip = new Set(remote.map(({ mountPoint }) => mountPoint))
  const facts: Facts = {}
  for (const { path: root, depth, contentBytes } of PLACES) {
    if (skip.has(root)) continue
    const entries = await walk(root, { depth, contentBytes, skip, most: MOST_ENTRIES })
    if (entries.length === MOST_ENTRIES) {
      cut.push(root)
      continue
    }
    for (const entry of entries) {
      facts[entry.path] = textOf(entry)
      changedAtMs.set(entry.path, entry.ctimeMs)
    }
  }
  return facts
}

/** Contains the modification time only if the content was not read: a file rewritten with the same content is unchanged. */
function textOf({ stat: { kind, mode, uid, gid, size, mtimeMs }, target, sha256 }: TreeEntry): string {
  if (target !== undefined) return `a link to ${target}`
  const owned = `mode ${mode.toString(8)}, owner ${uid}:${gid}`
  if (kind !== 'file') return `a ${kind}, ${owned}`
  const content = sha256 ? `sha256 ${sha256.slice(0, 16)}` : `${size} bytes of ${new Date(mtimeMs).toISOString()}`
  return `a file, ${owned}, ${content}`
}
