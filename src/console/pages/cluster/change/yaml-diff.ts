/** A line of two texts that are compared. */
export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  text: string
}

/** The lines of both, those of the first that the second has not as removed. */
export function diffOf(before: string, after: string): DiffLine[] {
  const [one, two] = [linesOf(before), linesOf(after)]
  const common = commonAfter(one, two)
  const lines: DiffLine[] = []
  let [a, b] = [0, 0]
  while (a < one.length || b < two.length) {
    const isSame = a < one.length && one[a] === two[b]
    const isRemoved = a < one.length && (b >= two.length || at(common, a + 1, b) >= at(common, a, b + 1))
    const kind = isSame ? 'same' : isRemoved ? 'removed' : 'added'
    lines.push({ kind, text: (kind === 'added' ? two[b] : one[a]) ?? '' })
    if (kind !== 'added') a++
    if (kind !== 'removed') b++
  }
  return lines
}

/** For each pair of places, the length of the longest common part of what follows them. */
function commonAfter(one: readonly string[], two: readonly string[]): number[][] {
  const common = Array.from({ length: one.length + 1 }, () => new Array<number>(two.length + 1).fill(0))
  for (let a = one.length - 1; a >= 0; a--) {
    const row = common[a] ?? []
    for (let b = two.length - 1; b >= 0; b--) {
      row[b] = one[a] === two[b] ? at(common, a + 1, b + 1) + 1 : Math.max(at(common, a + 1, b), at(common, a, b + 1))
    }
  }
  return common
}

const at = (table: readonly (readonly number[])[], a: number, b: number): number => table[a]?.[b] ?? 0
const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

type Values = Readonly<Record<string, unknown>>

/** The JSON merge patch (RFC 7396) that makes the second out of the first. */
export function patchBetween(before: Values, after: Values): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]]
    if (is === undefined || is === null) {
      if (was !== undefined) patch[name] = null
    } else if (isMapping(was) && isMapping(is)) {
      const part = patchBetween(was, is)
      if (Object.keys(part).length > 0) patch[name] = part
    } else if (JSON.stringify(was) !== JSON.stringify(is)) patch[name] = is
  }
  return patch
}

export const isMapping = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
