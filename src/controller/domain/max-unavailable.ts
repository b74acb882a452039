/** How many of so many nodes may be away at the same time: `wanted` is a number, or a percentage of them. At least one. */
export function unavailableOf(wanted: string, total: number): number {
  const number = Number.parseInt(wanted, 10)
  return Math.max(1, wanted.endsWith('%') ? Math.floor((total * number) / 100) : number)
}
