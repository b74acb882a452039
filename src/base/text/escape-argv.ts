/** A command as typed into a shell, with escaped control characters, so that it is one line. */
export function escapeArgv(argv: readonly string[]): string {
  return argv.map(escapeWord).join(' ')
}

/** Invisible characters. They are escaped as UTF-8 bytes, which bash reads in any locale. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** Also escapes the start of a remark (see command.ts), so that a command can be separated from its remark. */
const ESCAPED = new RegExp(`${UNSEEN.source}|(?<= {2})#(?= )`, 'gu')

/** The text in one line: each invisible character is replaced by `\xHH` for each of its bytes. */
export function visible(text: string): string {
  return text.replace(UNSEEN, bytesOf)
}

function escapeWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  if (word.search(ESCAPED) === -1) return `'${word.replaceAll("'", "'\\''")}'`
  return `$'${word.replace(/[\\']/g, '\\$&').replace(ESCAPED, bytesOf)}'`
}

function bytesOf(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
