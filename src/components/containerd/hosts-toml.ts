import { FROM_SETTINGS } from '../../host/parse/network/registry-hosts.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { loginFor } from './logins.ts'

/** Read at each pull, by any containerd of the machine (containerd's docs/hosts.md). */
export const DIRECTORY = '/etc/containerd/certs.d'
export const MARKER = `${FROM_SETTINGS}from the setting registryMirrors.\n`

type Params = Pick<ProvisionParams, 'cluster' | 'registryLogins'>

/** Where containerd asks for the images of a registry, `*` for all that are not named. */
export interface Asked {
  registry: string
  mirror: string | undefined
  /** Whether it asks the registry if the mirror does not have an image. */
  isOriginAsked: boolean
}

/**
 * The registries that have a mirror, and the hosts that have a CA or a user, which may be registries themselves. containerd reads one
 * file for a registry, so what is for all others (`*`) stands in each.
 */
export function toAsk({ cluster, registryLogins = {} }: Params): Asked[] {
  const { registryMirrors = {}, mirrorOnly = [], registryCa = {} } = cluster
  const named = [registryMirrors, registryCa, registryLogins].flatMap(Object.keys)
  const registries = [...new Set(named)].filter((name) => !name.startsWith('http://')).sort()
  return registries.map((registry) => {
    const key = registryMirrors[registry] === undefined ? '*' : registry
    const mirror = registryMirrors[key]
    return { registry, mirror, isOriginAsked: mirror === undefined || !mirrorOnly.includes(key) }
  })
}

export const pathOf = (registry: string) => `${DIRECTORY}/${registry === '*' ? '_default' : registry}/hosts.toml`

/** The host of a mirror, and whether its address has a path, such as a project of Harbor: the path is that of the API there. */
export function placeOf(mirror: string): { url: string; host: string; hasPath: boolean } {
  const { origin, host, pathname } = new URL(mirror)
  const hasPath = pathname !== '/'
  return { url: hasPath ? `${origin}/v2${pathname.replace(/\/$/, '')}` : origin, host, hasPath }
}

/** The names under which `registryCa` has what is trusted for a host. Its usual port may be among them, which URLs do not have. */
export function caNamesOf({ cluster: { registryCa = {} } }: Params, host: string): string[] {
  return [...new Set([host, `${host}:443`, '*'])].filter((name) => Object.hasOwn(registryCa, name))
}

/** What containerd sends to this URL as its user, which only files of this node have. */
export function authorizationOf(params: Params, url: string): string | undefined {
  const login = loginFor(params, url)
  return login && `Basic ${Buffer.from(login.reveal()).toString('base64')}`
}

/** The name by which a registry is asked. */
export const originOf = (registry: string) => (registry === 'docker.io' ? 'registry-1.docker.io' : registry)

/** What is known of a host: the files with the CAs that are trusted for it, and the header of its user. */
export interface Known {
  casOf(host: string): readonly string[]
  authorizationOf(url: string): string | undefined
}

export function hostsToml({ registry, mirror, isOriginAsked }: Asked, known: Known): string {
  const lines: string[] = []
  const place = mirror === undefined ? undefined : placeOf(mirror)
  const capabilities = 'capabilities = ["pull", "resolve"]'
  // The server is the last one that is asked.
  if (place !== undefined && !isOriginAsked) {
    lines.push(`server = "${place.url}"`, capabilities, ...settingsOf(place, known), ...headerOf('', place.url, known))
  } else {
    // Without a server, it is the registry itself.
    if (registry !== '*') lines.push(`server = "https://${originOf(registry)}"`)
    lines.push(...settingsOf({ host: registry, hasPath: false }, known))
    if (registry !== '*') lines.push(...headerOf('', `https://${registry}`, known))
  }
  if (place !== undefined && isOriginAsked) {
    const name = `host."${place.url}"`
    lines.push(`[${name}]`, ...[capabilities, ...settingsOf(place, known)].map((line) => `  ${line}`))
    lines.push(...headerOf(`${name}.`, place.url, known))
  }
  return `${MARKER}${lines.join('\n')}\n`
}

function settingsOf({ host, hasPath }: { host: string; hasPath: boolean }, { casOf }: Known): string[] {
  const cas = casOf(host).map((path) => `"${path}"`)
  return [...(hasPath ? ['override_path = true'] : []), ...(cas.length === 0 ? [] : [`ca = [${cas.join(', ')}]`])]
}

/** A table of its own, after the settings of its host. */
function headerOf(prefix: string, url: string, { authorizationOf }: Known): string[] {
  const value = authorizationOf(url)
  return value === undefined ? [] : [`[${prefix}header]`, `  Authorization = "${value}"`]
}
