const GAP = ' … '

/** Limits a text to this number of UTF-8 bytes, in whole characters, by cutting the middle: the reason can be at either end. */
export function shorten(text: string, bytes: number): string {
  const all = Buffer.from(text)
  if (all.length <= bytes) return text
  const half = Math.floor((bytes - Buffer.byteLength(GAP)) / 2)
  const head = new TextDecoder().decode(all.subarray(0, half), { stream: true })
  let from = all.length - half
  // Bytes 10xxxxxx continue a character.
  while (from < all.length && ((all[from] ?? 0) & 0xc0) === 0x80) from += 1
  return `${head}${GAP}${all.subarray(from).toString()}`
}
