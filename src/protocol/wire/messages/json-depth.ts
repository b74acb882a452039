/** Maximum nesting of objects and arrays in a message. */
export const MAX_DEPTH = 16

/** Whether a JSON text nests deeper than `limit`. Checked before parsing, so that nothing is allocated for a hostile text. */
export function isDeeper(json: string, limit: number = MAX_DEPTH): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) at = endOfString(json, at)
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > limit) return true
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--
  }
  return false
}

/**
 * Whether a JSON text has more values and names than `limit`. Checked before parsing: many small values take much longer to parse and
 * to check than a long string of the same bytes.
 */
export function hasMoreValues(json: string, limit: number): boolean {
  let values = 1
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) at = endOfString(json, at)
    else if (code === OPEN_BRACE || code === OPEN_BRACKET || code === COMMA) {
      if (++values > limit) return true
    }
  }
  return false
}

/** Where the string ends that begins with the quote at `begin`. Most of a large text lies in strings, and indexOf is fast. */
export function endOfString(json: string, begin: number): number {
  for (let end = begin; ; ) {
    end = json.indexOf('"', end + 1)
    if (end < 0) return json.length
    let backslashes = 0
    while (json.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return end
  }
}

export const QUOTE = 0x22
export const COMMA = 0x2c
const BACKSLASH = 0x5c
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
