import { badBundle } from '../error.ts'
import { withAddOns } from './add-ons/with-add-ons.ts'
import { closed } from './closed.ts'
import type { Source } from './source.ts'
import type { UpstreamOptions } from './upstream.ts'
import { withImages } from './with-images.ts'

export interface SourceOptions {
  from: 'gomod' | 'dir' | 'upstream'
  dir?: string | undefined
  upstream: UpstreamOptions
  /** Of `gomod`: ids of add-ons that are built, or of blueprints. */
  with: readonly string[]
  /** Directories with add-ons. */
  addOns: readonly string[]
  /** Archives of images that every node imports. */
  images: readonly string[]
}

/** The files for these options, after the proof that they are closed. */
export async function sourceOf(options: SourceOptions): Promise<Source> {
  return closed(withAddOns(withImages(await projectsOf(options), options.images), options.addOns))
}

async function projectsOf({ from, dir, upstream, with: built }: SourceOptions): Promise<Source> {
  if (from === 'gomod') {
    const { gomodSource } = await import('./gomod/gomod.ts')
    const { goAddOns } = await import('./gomod/add-ons/catalog.ts')
    return gomodSource(goAddOns(built))
  }
  if (from === 'upstream') return (await import('./upstream.ts')).upstreamSource(upstream)
  if (dir !== undefined) return (await import('./dir.ts')).directorySource(dir)
  throw badBundle('no-directory', 'found --from dir without --dir', 'pass the directory: --dir DIRECTORY')
}
