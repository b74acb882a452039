import type { HostView } from '../../host/host.ts'
import { FROM_SETTINGS, parseRegistryHosts, type RegistryHost } from '../../host/parse/network/registry-hosts.ts'

/** containerd's `config_path`, with one directory for each registry. */
const DIRECTORY = '/etc/containerd/certs.d'
const MOST_ASKED = 8

/** A mirror of a registry, or a registry whose CA is configured. */
export type Mirror = RegistryHost & {
  file: string
  /** The name of the directory, `_default` for all registries without one. */
  registry: string
  isFromSettings: boolean
}

/** A hosts.toml that containerd ignores. */
export interface Broken {
  file: string
  problem: string
  isFromSettings: boolean
}

export async function configuredMirrors(host: HostView): Promise<{ mirrors: Mirror[]; broken: Broken[] }> {
  const registries = (await host.list(DIRECTORY)) ?? []
  const files = registries.map((registry) => `${DIRECTORY}/${registry}/hosts.toml`)
  const texts = await Promise.all(files.map((file) => host.read(file)))
  const broken: Broken[] = []
  const mirrors = registries.flatMap((registry, i): Mirror[] => {
    const file = files[i] ?? ''
    const text = texts[i] ?? ''
    const isFromSettings = text.startsWith(FROM_SETTINGS)
    const parsed = parseRegistryHosts(text)
    if ('problem' in parsed) {
      broken.push({ file, problem: parsed.problem, isFromSettings })
      return []
    }
    const { hosts, server } = parsed
    const all = server !== undefined && !isOrigin(server.url, registry) ? [...hosts, server] : hosts
    return all.map((mirror) => ({ ...mirror, url: withScheme(mirror.url), file, registry, isFromSettings }))
  })
  const different = mirrors.filter((mirror, i) => mirrors.findIndex(({ url }) => url === mirror.url) === i)
  return { mirrors: different.slice(0, MOST_ASKED), broken }
}

/** A node without a way to the Internet does not reach the origin, and needs it only if it has no mirror. */
function isOrigin(url: string, registry: string): boolean {
  const host = URL.parse(withScheme(url))?.host
  return host === registry || (registry === 'docker.io' && host === 'registry-1.docker.io')
}

/** As containerd reads it. */
function withScheme(url: string): string {
  return url.includes('://') ? url : `https://${url}`
}
