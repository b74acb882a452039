/** Fields of os-release(5), unquoted. Ignores lines that are not assignments. */
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
 * Compares dotted versions by the components that both have: 9.4 equals 9, and 10 is greater than 9.4. Ignores text after the
 * digits of a component.
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
