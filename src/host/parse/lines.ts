/** Ignores white space around a line. */
const same = (line: string) => (other: string) => other.trim() === line

export function hasLine(text: string, line: string): boolean {
  return text.split('\n').some(same(line))
}

/** All other lines are unchanged. */
export function withoutLine(text: string, line: string): string {
  const isIt = same(line)
  return text
    .split('\n')
    .filter((each) => !isIt(each))
    .join('\n')
}

/** Adds the line at the end; the result ends with a newline. */
export function withLastLine(text: string, line: string): string {
  const rest = withoutLine(text, line).trimEnd()
  return `${rest === '' ? '' : `${rest}\n`}${line}\n`
}
