/**
 * A file name for output and comparison. Control characters, and bytes of names that are not UTF-8, are written as \xHH, so
 * that different names never look the same and no name controls a terminal.
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

/** Like `shownName`, for a name, path or line that is text. */
export function printableName(name: string): string {
  return name.replace(/\p{Cc}/gu, escaped)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
