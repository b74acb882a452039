import { containsSubnet, parseSubnet } from '../../base/net/subnet.ts'

/** Accepts spaces as separators: they are common, although not all programs accept them. */
export function entriesOf(noProxy: string): string[] {
  return noProxy.split(/[\s,]+/).filter((entry) => entry !== '')
}

/** Whether NO_PROXY exempts this address, subnet or domain, as Go reads it (golang.org/x/net/http/httpproxy). */
export function isExempt(target: string, noProxy: string): boolean {
  const entries = entriesOf(noProxy)
  const subnet = parseSubnet(target)
  return entries.some((entry) => {
    if (entry === '*') return true
    const range = parseSubnet(entry)
    if (subnet !== undefined) return range !== undefined && containsSubnet(range, subnet)
    return `.${target}`.endsWith(`.${entry.replace(/^\*?\.?/, '')}`)
  })
}
