/** A command as a person would type it into a shell; control characters shown, so that it stays on one line. */
export function escapeArgv(argv: readonly string[]): string {
  return argv.map(escapeWord).join(' ')
}

function escapeWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  const shown = word.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return shown === word ? `'${word.replaceAll("'", "'\\''")}'` : `$'${shown.replaceAll("'", "\\'")}'`
}
