/** Untrusted text (a process name, output of another machine) in one line, without control characters for the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** Keeps the lines of a text, such as the output of a command. The following lines are indented: none looks like own output. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n    ')
}
