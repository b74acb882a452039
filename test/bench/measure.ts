/** The middle value, or the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
  return middle.reduce((total, value) => total + value, 0) / middle.length
}

export interface Ratio {
  ratio: number
  goal: number
  /** How the ratio was measured, for readers. */
  note: string
}

/** Prints whether a goal besides the ratio was reached. */
export function goal(what: string, found: number, most: number, unit: string): void {
  console.log(`${what}: ${found.toFixed(1)} ${unit}, goal ≤ ${most}: ${found <= most ? 'reached' : 'missed'}`)
}

/** Prints whether the goal was reached and, as the last line, the ratio that scripts/bench collects. */
export function report(name: string, ratio: number, goal: number, note = ''): void {
  console.log(`goal ≤ ${goal}: ${ratio <= goal ? 'reached' : 'missed'}`)
  console.log(`ratio ${name}: ${ratio.toFixed(2)} of ${goal}${note === '' ? '' : `; ${note}`}`)
}

/** Reads the ratio from the output of a benchmark; undefined if there is none. */
export function readRatio(output: string): Ratio | undefined {
  const [, ratio, goal, note = ''] = /^ratio \S+: (\S+) of ([^\s;]+)(?:; (.*))?$/m.exec(output) ?? []
  return ratio === undefined ? undefined : { ratio: Number(ratio), goal: Number(goal), note }
}
