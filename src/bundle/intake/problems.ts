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

const PUT_THERE = 'put the right files there and build again'

/** Throws `bundle/missing-file` or `bundle/bad-files` with all problems. */
export function requireNoProblems(
  { unusable, missing }: Problems,
  context: Pick<SourceContext, 'versions' | 'arch'>,
  advice = PUT_THERE,
): void {
  const lines = [...unusable, ...missing.map((each) => `found no ${each}`)]
  if (lines.length === 0) return
  const counts = [
    ...(unusable.length > 0 ? [`${unusable.length} that no node could use`] : []),
    ...(missing.length > 0 ? [`${missing.length} missing`] : []),
  ]
  const message = linesOf(`files of the bundle: ${counts.join(', ')}`, lines)
  const fix = `${advice}; what to download: ${listFilesCommand(context)}`
  if (unusable.length > 0) throw badBundle('bad-files', message, fix)
  throw badBundle('missing-file', message, fix)
}

/** A message with a line for each problem. */
export function linesOf(title: string, problems: readonly string[]): string {
  const rest = problems.length > MOST_SHOWN ? [`and ${problems.length - MOST_SHOWN} more`] : []
  return [title, ...problems.slice(0, MOST_SHOWN), ...rest].join('\n  ')
}

export function listFilesCommand({ versions, arch }: Pick<SourceContext, 'versions' | 'arch'>): string {
  return command`controller bundle list-files --kubernetes-version ${versions.kubernetes} --arch ${arch}`
}
