import { proveClosure } from '../closure/closure.ts'
import type { Source } from './source.ts'

/**
 * The files of a source, after the proof that they are closed. The manifest of a pod network of which the source has no image
 * is left out, and named: no node could use it without a registry.
 */
export function closed(source: Source): Source {
  return async (context) => {
    const items = await source(context)
    const files = items.map(({ role, name, path, content }) => ({ role, name, path, bytes: content.bytes }))
    const { without } = await proveClosure(files, {
      arch: context.arch,
      kubernetesVersion: context.versions.kubernetes,
    })
    for (const name of without) {
      context.cache.progress(
        `${name} is left out: the source has none of its images; for that pod network, build with --from dir`,
      )
    }
    return items.filter(({ role, name }) => role !== 'manifest' || !without.includes(name))
  }
}
