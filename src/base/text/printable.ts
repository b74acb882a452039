/** C0 and C1 controls, line separators, and those that change the direction of the text around them. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** Untrusted text (a process name, output of another machine) in one line, without control characters for the terminal. */
export function printable(text: string): string {
  return text.replace(CONTROLS, ' ')
}

export function hasControls(text: string): boolean {
  return text.search(CONTROLS) >= 0
}

/** Inside double quotes of JSON and YAML: control characters as escapes, so that the value stays the same. Newlines remain. */
export function escapeControls(text: string): string {
  const escaped = (character: string) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(CONTROLS, (run) => [...run].map(escaped).join(''))
}

/** Keeps the lines of a text, such as the output of a command. The following lines are indented: none looks like own output. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n    ')
}
