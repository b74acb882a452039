import type { HostView } from '../../host/host.ts'
import type { TreeEntry, WalkOptions } from '../../host/linux/files/walk-tree.ts'

export type WalkTree = (root: string, options: WalkOptions) => Promise<TreeEntry[]>

export interface Observer {
  view: HostView
  walk: WalkTree
}

/** What the functions report in addition to facts. */
export interface Notes {
  /** When a file was last changed, by path. */
  changedAtMs: Map<string, number>
  /** Places with too many files to observe. */
  cut: string[]
}
