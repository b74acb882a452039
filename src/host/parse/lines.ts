/** Blanks around a line do not matter. */
const same = (line: string) => (other: string) => other.trim() === line

export function hasLine(text: string, line: string): boolean {
  return text.split('\n').some(same(line))
}

/** Every other line as it is. */
export function withoutLine(text: string, line: string): string {
  const isIt = same(line)
  return text
    .split('\n')
    .filter((each) => !isIt(each))
    .join('\n')
}

/** At the end, in a file that ends with its last line's end. */
export function withLastLine(text: string, line: string): string {
  const rest = withoutLine(text, line).trimEnd()
  return `${rest === '' ? '' : `${rest}\n`}${line}\n`
}
