import { createHash } from 'node:crypto'
import type { TreeEntry, WalkOptions } from '../../src/host/linux/files/walk-tree.ts'
import type { FakeFiles } from './fake-files.ts'

/** walkTree over files in memory. Their ctime is their mtime. */
export function walkFake(files: FakeFiles) {
  return async function walk(root: string, options: WalkOptions): Promise<TreeEntry[]> {
    if (options.depth === 0) return []
    const found: TreeEntry[] = []
    for (const name of files.list(root) ?? []) {
      const path = root === '/' ? `/${name}` : `${root}/${name}`
      const [node, stat] = [files.get(path), files.stat(path)]
      if (node === undefined || stat === undefined || options.skip.has(path)) continue
      if (found.length === options.most) return found
      found.push({ path, stat, ctimeMs: stat.mtimeMs, ...contentOf(node, options) })
      if (node.kind === 'directory')
        found.push(...(await walk(path, { ...options, depth: options.depth - 1, most: options.most - found.length })))
    }
    return found
  }
}

function contentOf(node: NonNullable<ReturnType<FakeFiles['get']>>, { contentBytes, text }: WalkOptions) {
  if (node.kind === 'symlink') return { target: node.target }
  if (node.kind !== 'file' || node.bytes.length > contentBytes) return {}
  if (text) return { text: node.bytes.toString() }
  return { sha256: createHash('sha256').update(node.bytes).digest('hex') }
}
