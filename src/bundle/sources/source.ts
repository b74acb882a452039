import type { Arch } from '../arch.ts'
import type { BundleFile } from '../format.ts'
import type { Cache } from '../make/cache.ts'
import type { Content } from '../make/tar.ts'
import type { VersionSet } from '../versions/sets.ts'

/** A file to put into a bundle. */
export interface Item extends Pick<BundleFile, 'path' | 'name' | 'version' | 'role' | 'first'> {
  content: Content
}

export interface SourceContext {
  arch: Arch
  versions: VersionSet
  cache: Cache
  /** A directory for files that are needed until the bundle is written. */
  scratch: string
  /** The agent's executable for this architecture, for the operator's image. */
  agent: { file: string; version: string }
}

/** Provides the files of a bundle. */
export type Source = (context: SourceContext) => Promise<Item[]>
