import { badBundle } from '../error.ts'
import { closed } from './closed.ts'
import type { Source } from './source.ts'

/** The source for `--from`. */
export async function sourceOf(name: 'gomod' | 'dir', directory: string | undefined): Promise<Source> {
  if (name === 'gomod') return closed((await import('./gomod/gomod.ts')).gomodSource)
  if (directory !== undefined) return closed((await import('./dir.ts')).directorySource(directory))
  throw badBundle('no-directory', 'found --from dir without --dir', 'pass the directory: --dir DIRECTORY')
}
