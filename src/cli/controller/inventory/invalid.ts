import type { Place, Problem } from '../declare/problem.ts'

/** Why a file is no inventory. */
export function invalid(place: Place, found: string, fix: string, field = ''): Problem {
  return { place, field, found, fix, code: 'inventory/invalid' }
}

/** Where something is wrong that has no line of its own. */
export const startOf = (file: string): Place => ({ file, line: 1, column: 1 })
