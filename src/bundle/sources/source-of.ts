import { badBundle } from '../error.ts'
import type { Source } from './source.ts'

/** By its name on the command line. */
export async function sourceOf(name: 'gomod' | 'dir', directory: string | undefined): Promise<Source> {
  if (name === 'gomod') return (await import('./gomod/gomod.ts')).gomodSource
  if (directory !== undefined) return (await import('./dir.ts')).directorySource(directory)
  throw badBundle('no-directory', 'found --from dir without --dir', 'name the directory: --dir DIRECTORY')
}
