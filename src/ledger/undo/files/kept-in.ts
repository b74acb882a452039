import type { UndoResult } from '../result.ts'

const MOST_NAMED = 5

export function keptIn(path: string, spared: readonly string[]): UndoResult {
  if (spared.length === 0) return undefined
  const more = spared.length > MOST_NAMED ? `, and ${spared.length - MOST_NAMED} more` : ''
  return {
    kept: `${path} contains files that Cantrip did not create: ${spared.slice(0, MOST_NAMED).join(', ')}${more}`,
  }
}
