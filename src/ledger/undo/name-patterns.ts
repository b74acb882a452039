/** Exact names, or prefixes that end in `*`. */
export function matchNames(names: readonly string[], patterns: readonly string[]): string[] {
  return names.filter((name) =>
    patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern)),
  )
}
