/** `0-3,8` → 0, 1, 2, 3, 8: the kernel's form for lists of processors, see cpuset(7). A stride (`0-6:2`) does not come up. */
export function parseNumberList(text: string): Set<number> {
  const numbers = new Set<number>()
  for (const part of text.trim().split(',')) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? []
    for (let number = Number(first); number <= Number(last); number++) numbers.add(number)
  }
  return numbers
}
