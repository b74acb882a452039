/** The name that was probably meant: the one with the fewest changed characters, if they are few. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3))
  const distances = known.map((each) => ({ each, distance: distanceOf(name.toLowerCase(), each.toLowerCase()) }))
  const [best] = distances.sort((a, b) => a.distance - b.distance)
  return best && best.distance <= most ? best.each : undefined
}

/** Levenshtein's; texts longer than any name count as far. */
function distanceOf(one: string, other: string): number {
  if (one.length > 100) return one.length
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [i, character] of [...one].entries()) {
    const next = [i + 1]
    for (const [j, target] of [...other].entries()) {
      const replaced = (row[j] ?? 0) + (character === target ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
