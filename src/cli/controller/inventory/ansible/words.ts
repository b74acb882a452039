const PART = /(\s+|#.*)|([^\s'"\\#]+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/y

/**
 * The words of a line as a POSIX shell splits it, without expansions: quotes, backslashes, and a comment from `#` on. As in Python's
 * shlex, which Ansible uses. Undefined: a quote is not closed, or nothing follows a backslash.
 */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  PART.lastIndex = 0
  while (PART.lastIndex < line.length) {
    const found = PART.exec(line)
    if (!found) return undefined
    const [, between, plain, single, double, escaped] = found
    if (between === undefined) {
      // In double quotes, a backslash is one unless a quote or a backslash follows.
      word = (word ?? '') + (plain ?? single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped)
    } else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  return word === undefined ? words : [...words, word]
}
