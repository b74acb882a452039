/** A command as a person would type it into a shell; control characters shown, so that it stays on one line. */
export function escapeArgv(argv: readonly string[]): string {
  return argv.map(escapeWord).join(' ')
}

/** Characters that no terminal shows as they are: bash takes them by their UTF-8 bytes, in any locale. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function escapeWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  if (word.search(UNSEEN) === -1) return `'${word.replaceAll("'", "'\\''")}'`
  return `$'${word.replace(/[\\']/g, '\\$&').replace(UNSEEN, bytesOf)}'`
}

function bytesOf(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
