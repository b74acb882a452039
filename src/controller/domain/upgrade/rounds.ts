import { compareVersions, versionNumbers } from '../../../protocol/kubernetes-version.ts'

/**
 * The versions from one to another, a minor version at a time: of each in between, the newest that is available. `lacking`: the version
 * of which none is. There is no way from one major version to another.
 */
export function roundsTo(
  from: string,
  to: string,
  available: readonly string[],
): { rounds: string[] } | { lacking: string } {
  const [major, minor] = versionNumbers(to) ?? []
  const [fromMajor, fromMinor = 0] = versionNumbers(from) ?? []
  if (major === undefined || minor === undefined || major !== fromMajor) return { lacking: to }
  const rounds: string[] = []
  for (let next = fromMinor + 1; next < minor; next++) {
    const found = available
      .filter((version) => version.startsWith(`v${major}.${next}.`))
      .sort(compareVersions)
      .at(-1)
    if (found === undefined) return { lacking: `v${major}.${next}` }
    rounds.push(found)
  }
  return available.includes(to) ? { rounds: [...rounds, to] } : { lacking: to }
}
