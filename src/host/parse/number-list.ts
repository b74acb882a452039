export interface NumberRange {
  first: number
  last: number
}

/** `0-3,8` → 0 to 3, 8 to 8: the kernel's form for lists of processors, see cpuset(7). A stride (`0-6:2`) does not come up. */
export function parseNumberList(text: string): NumberRange[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? []
      return first === undefined ? [] : [{ first: Number(first), last: Number(last) }]
    })
}

/** How many numbers are in both lists; the ranges of one list do not overlap. */
export function countCommon(a: readonly NumberRange[], b: readonly NumberRange[]): number {
  const common = (x: NumberRange, y: NumberRange) => Math.min(x.last, y.last) - Math.max(x.first, y.first) + 1
  return a.flatMap((x) => b.map((y) => Math.max(0, common(x, y)))).reduce((sum, count) => sum + count, 0)
}
