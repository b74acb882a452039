/** Text of a stranger (a process's name, another machine) in one line, without what would command a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
