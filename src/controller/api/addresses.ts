import { hostname, networkInterfaces } from 'node:os'
import { bareHost } from '../../base/net/address.ts'
import { MOST_URLS } from '../../protocol/wire/session/limits.ts'

export interface Listen {
  /** An address or a name; `0.0.0.0` and `::` are all addresses of the machine. */
  host: string
  port: number
}

const isWildcard = (host: string) => host === '0.0.0.0' || host === '::'
const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host)

/** The default URLs for agents: one for each address of the machine on which the controller listens, at most MOST_URLS. */
export function reachableUrls({ host, port }: Listen): string[] {
  const hosts = isWildcard(host) ? [hostname(), ...outerAddresses()] : [host]
  return [...new Set(hosts)].slice(0, MOST_URLS).map((each) => `https://${inUrl(each)}:${port}`)
}

/** The URL for the administrator on the same machine. */
export function localUrl({ host, port }: Listen): string {
  return `https://${inUrl(isWildcard(host) ? '127.0.0.1' : host)}:${port}`
}

/** The names and addresses in the server certificate. */
export function certificateHosts(listen: Listen, publicUrls: readonly string[]): string[] {
  const named = publicUrls.map((url) => bareHost(new URL(url).hostname))
  const own = isWildcard(listen.host) ? [hostname(), ...outerAddresses()] : [listen.host]
  return [...new Set([...named, ...own, 'localhost', '127.0.0.1', '::1'])]
}

function outerAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/.test(address))
    .map(({ address }) => address)
}
