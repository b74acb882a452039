import { badBundle } from '../error.ts'
import { closed } from './closed.ts'
import type { Source } from './source.ts'
import type { UpstreamOptions } from './upstream.ts'

export interface SourceOptions {
  from: 'gomod' | 'dir' | 'upstream'
  dir?: string | undefined
  upstream: UpstreamOptions
}

/** The source for `--from`. */
export async function sourceOf({ from, dir, upstream }: SourceOptions): Promise<Source> {
  if (from === 'gomod') return closed((await import('./gomod/gomod.ts')).gomodSource)
  if (from === 'upstream') return closed((await import('./upstream.ts')).upstreamSource(upstream))
  if (dir !== undefined) return closed((await import('./dir.ts')).directorySource(dir))
  throw badBundle('no-directory', 'found --from dir without --dir', 'pass the directory: --dir DIRECTORY')
}
