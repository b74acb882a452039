/**
 * A file's name for people and for comparison: as it is where it is UTF-8; else, and for control characters, each byte
 * as \xHH, so that two names never look alike and none commands a terminal.
 */
export function shownName(name: Uint8Array): string {
  try {
    return printableName(utf8.decode(name))
  } catch {
    return Buffer.from(name)
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, escaped)
  }
}

/** The same for a name, a whole path or a line, that is known to be text. */
export function printableName(name: string): string {
  return name.replace(/\p{Cc}/gu, escaped)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
