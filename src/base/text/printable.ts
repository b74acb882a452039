/** Text of a stranger (a process's name, another machine) in one line, without what would command a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** Keeps its lines, such as those that a command wrote; all but the first are indented, so that none passes for ours. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n    ')
}
