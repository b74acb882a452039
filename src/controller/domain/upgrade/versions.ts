/** The numbers of `v1.36.2`. */
export interface Version {
  major: number
  minor: number
  patch: number
}

export function parseVersion(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10))
  return { major, minor, patch }
}

/** Negative if `a` is earlier than `b`. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  return one.major - other.major || one.minor - other.minor || one.patch - other.patch
}

/** How many minor versions `later` is ahead. */
export const minorsBetween = (earlier: string, later: string): number =>
  parseVersion(later).minor - parseVersion(earlier).minor

/** A kubelet may be that many minor versions older than the API server. */
export const MOST_KUBELET_SKEW = 3

/**
 * The versions from one to another, a minor version at a time: of each in between, the newest that is available. `lacking`: the minor
 * version of which none is.
 */
export function roundsTo(
  from: string,
  to: string,
  available: readonly string[],
): { rounds: string[] } | { lacking: string } {
  const rounds: string[] = []
  const { major, minor } = parseVersion(to)
  for (let next = parseVersion(from).minor + 1; next < minor; next++) {
    const found = available
      .filter((version) => version.startsWith(`v${major}.${next}.`))
      .sort(compareVersions)
      .at(-1)
    if (found === undefined) return { lacking: `v${major}.${next}` }
    rounds.push(found)
  }
  return available.includes(to) ? { rounds: [...rounds, to] } : { lacking: to }
}
