/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
  return middle.reduce((total, value) => total + value, 0) / middle.length
}

/** Tells the goal and, as the last line, what scripts/bench collects. */
export function report(name: string, ratio: number, goal: number): void {
  console.log(`goal ≤ ${goal}: ${ratio <= goal ? 'reached' : 'missed'}`)
  console.log(`ratio ${name}: ${ratio.toFixed(2)}`)
}
