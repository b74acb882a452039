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
