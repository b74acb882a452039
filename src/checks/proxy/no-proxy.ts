import { containsSubnet, parseSubnet } from '../../base/net/subnet.ts'

/** People write blanks between them; programs differ in whether they allow that. */
export function entriesOf(noProxy: string): string[] {
  return noProxy.split(/[\s,]+/).filter((entry) => entry !== '')
}

/** Does NO_PROXY leave this address, subnet or domain out? As Go reads it (golang.org/x/net/http/httpproxy). */
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
