/** The numbers of `v1.36.2`, also without the `v` and with a suffix, as nodes report it; undefined if it is no version. */
export function versionNumbers(version: string): [major: number, minor: number, patch: number] | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)]
}

/** How many minor versions the second is ahead of the first. NaN if one is no version, or their major versions differ. */
export function minorsAhead(one: string, other: string): number {
  const numbers = versionNumbers(one)
  const others = versionNumbers(other)
  return numbers && others && numbers[0] === others[0] ? others[1] - numbers[1] : Number.NaN
}

/** Negative if `a` is earlier than `b`. What is no version comes first. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map((version) => versionNumbers(version) ?? [0, 0, 0]) as [number[], number[]]
  const at = one.findIndex((number, index) => number !== other[index])
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}

/** The kubelet can be this many minor versions older than the API server: https://kubernetes.io/releases/version-skew-policy/ */
export const MOST_KUBELET_SKEW = 3

/** Whether a kubelet of one version is not too old for an API server of another one. */
export const isWithinSkew = (kubelet: string, apiServer: string): boolean =>
  minorsAhead(kubelet, apiServer) <= MOST_KUBELET_SKEW
