/** A command as a person would type it into a shell; control characters shown, so that it stays on one line. */
export function escapeArgv(argv: readonly string[]): string {
  return argv.map(escapeWord).join(' ')
}

/** Characters that no terminal shows as they are: bash takes them by their UTF-8 bytes, in any locale. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** And what begins a remark (see command.ts): no word has it, so that a line can be told from its remark. */
const ESCAPED = new RegExp(`${UNSEEN.source}|(?<= {2})#(?= )`, 'gu')

/** A text in one line, with every character that no terminal shows as `\xHH` for each of its bytes. */
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
