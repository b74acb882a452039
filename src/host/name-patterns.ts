/** Exact names, or prefixes that end in `*`; without those that are to be spared. */
export function matchNames(
  names: readonly string[],
  patterns: readonly string[],
  spare: readonly string[] = [],
): string[] {
  const matches = (name: string) =>
    patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern))
  return names.filter((name) => matches(name) && !spare.includes(name))
}
