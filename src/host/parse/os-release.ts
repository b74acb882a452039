/** Fields of os-release(5), unquoted. Lines that are not assignments are left out. */
export function parseOsRelease(text: string): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line)
    const key = match?.[1]
    if (key !== undefined) fields[key] = unquote((match?.[2] ?? '').trim())
  }
  return fields
}

function unquote(value: string): string {
  const quote = value[0]
  if (value.length >= 2 && quote === "'" && value.endsWith("'")) return value.slice(1, -1)
  const inner = quote === '"' && value.length >= 2 && value.endsWith('"') ? value.slice(1, -1) : value
  return inner.replace(/\\(["$`\\])/g, '$1')
}

/**
 * Compares dotted versions by the components that both have: 9.4 and 9 are equal, 10 is above 9.4.
 * Text after the digits of a component does not count.
 */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = Number.parseInt(left[i] ?? '', 10) - Number.parseInt(right[i] ?? '', 10)
    if (Number.isNaN(difference)) return 0
    if (difference !== 0) return difference
  }
  return 0
}
