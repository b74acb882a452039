import { command } from '../../base/command.ts'
import { badBundle } from '../error.ts'
import type { SourceContext } from '../sources/source.ts'

const MOST_SHOWN = 60

/** What is wrong with the files of a bundle; told at once. */
export interface Problems {
  /** Files that no node could use, each with the reason. */
  unusable: string[]
  /** What is absent, each with where to get it. */
  missing: string[]
}

/** Throws `bundle/missing-file` or `bundle/bad-files` with all problems. */
export function requireNoProblems({ unusable, missing }: Problems, { versions, arch }: SourceContext): void {
  const lines = [...unusable, ...missing.map((each) => `found no ${each}`)]
  if (lines.length === 0) return
  const counts = [
    ...(unusable.length > 0 ? [`${unusable.length} that no node could use`] : []),
    ...(missing.length > 0 ? [`${missing.length} missing`] : []),
  ]
  const rest = lines.length > MOST_SHOWN ? [`and ${lines.length - MOST_SHOWN} more`] : []
  const message = [`files of the bundle: ${counts.join(', ')}`, ...lines.slice(0, MOST_SHOWN), ...rest].join('\n  ')
  const list = command`controller bundle list-files --kubernetes-version ${versions.kubernetes} --arch ${arch}`
  const fix = `put the right files there and build again; what to download: ${list}`
  if (unusable.length > 0) throw badBundle('bad-files', message, fix)
  throw badBundle('missing-file', message, fix)
}
