import { badBundle } from '../../error.ts'
import { linesOf } from '../../intake/problems.ts'
import type { Source } from '../source.ts'
import { addOnOfDirectory } from './from-directory.ts'
import { type GivenAddOn, packAddOns } from './pack.ts'

/** The files of a source, and the add-ons of these directories. Throws `bundle/bad-add-on` with all that is wrong. */
export function withAddOns(source: Source, directories: readonly string[]): Source {
  if (directories.length === 0) return source
  return async (context) => {
    const problems: string[] = []
    const addOns: GivenAddOn[] = []
    for (const directory of directories) {
      const addOn = await addOnOfDirectory(directory, context, problems)
      if (addOn) addOns.push(addOn)
    }
    // Before the source is built, which can take long.
    refuse(problems)
    const others = await source(context)
    const packed = await packAddOns(addOns, others)
    const paths = new Set(others.map(({ path }) => path))
    const twice = packed.items.filter(({ path }) => paths.has(path)).map(({ path }) => `the bundle has ${path} already`)
    refuse([...packed.problems, ...twice])
    return [...others, ...packed.items]
  }
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return
  const fix = 'correct the directories and build again; docs/guides/add-ons.md says what is in them'
  throw badBundle('bad-add-on', linesOf(`add-ons: ${problems.length} problems`, problems), fix)
}
