export interface NumberRange {
  first: number
  last: number
}

/** Parses the kernel's list format for processors (`0-3,8`), see cpuset(7). Strides (`0-6:2`) are not supported. */
export function parseNumberList(text: string): NumberRange[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? []
      return first === undefined ? [] : [{ first: Number(first), last: Number(last) }]
    })
}

/** Number of elements in both lists; the ranges of one list must not overlap. */
export function countCommon(a: readonly NumberRange[], b: readonly NumberRange[]): number {
  const common = (x: NumberRange, y: NumberRange) => Math.min(x.last, y.last) - Math.max(x.first, y.first) + 1
  return a.flatMap((x) => b.map((y) => Math.max(0, common(x, y)))).reduce((sum, count) => sum + count, 0)
}
