export type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'rows'>

/** For a terminal of unknown size, such as a serial console. */
const DEFAULT_SIZE = { columns: 80, rows: 24 }

export interface RedrawnLines {
  /** How many lines fit. */
  most(): number
  /** Replaces the lines that were drawn before. */
  draw(lines: readonly string[]): void
  erase(): void
}

/** Lines at the end of a terminal, which are drawn again in place. */
export function redrawnLines(out: Out): RedrawnLines {
  let drawn = 0
  const erase = () => {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  return {
    most: () => (out.rows || DEFAULT_SIZE.rows) - 1,
    erase,
    draw(lines) {
      erase()
      // A line that is wrapped or has scrolled off the screen cannot be erased.
      const width = Math.max(20, (out.columns || DEFAULT_SIZE.columns) - 1)
      out.write(lines.map((line) => `${line.slice(0, width)}\n`).join(''))
      drawn = lines.length
    },
  }
}
