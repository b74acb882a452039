import type { Host, HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/** Read at each pull, by any containerd of the machine (containerd's docs/hosts.md). */
const DIRECTORY = '/etc/containerd/certs.d'
const MARKER = '# Written by Cantrip from the setting registryMirrors.\n'

/** Files without the marker are those of somebody else, and stay, unless the setting names their registry. */
export const writeMirrors: ProvisionStep = {
  id: 'containerd/write-mirrors',
  title: 'Configuring mirrors of registries',
  async isDone(host, params) {
    const wanted = Object.entries(filesFor(params))
    const found = await Promise.all(wanted.map(([path]) => host.read(path)))
    return wanted.every(([, text], index) => found[index] === text) && (await unwanted(host, params)).length === 0
  },
  async apply(host, params) {
    await discard(host, await unwanted(host, params))
    for (const [path, text] of Object.entries(filesFor(params))) await host.write(path, text)
  },
}

async function discard(host: Host, paths: readonly string[]): Promise<void> {
  for (const path of paths) await host.discard(path, 'the registry has no mirror any more')
}

function filesFor({ cluster }: ProvisionParams): Record<string, string> {
  const mirrors = Object.entries(cluster.registryMirrors ?? {})
  return Object.fromEntries(mirrors.map(([registry, url]) => [pathOf(registry), hostsToml(registry, url)]))
}

const pathOf = (registry: string) => `${DIRECTORY}/${registry === '*' ? '_default' : registry}/hosts.toml`

/** Its own files, of registries that have no mirror now. */
async function unwanted(host: HostView, params: ProvisionParams): Promise<string[]> {
  const wanted = filesFor(params)
  const all = ((await host.list(DIRECTORY)) ?? []).map((name) => `${DIRECTORY}/${name}/hosts.toml`)
  const others = all.filter((path) => wanted[path] === undefined)
  const texts = await Promise.all(others.map((path) => host.read(path)))
  return others.filter((_, index) => texts[index]?.startsWith(MARKER))
}

function hostsToml(registry: string, url: string): string {
  const { origin, pathname } = new URL(url)
  // A mirror with a path, such as a project of Harbor: the path is that of the API there.
  const hasPath = pathname !== '/'
  const host = hasPath ? `${origin}/v2${pathname.replace(/\/$/, '')}` : origin
  const lines = [
    ...(registry === '*' ? [] : [`server = "https://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}"`]),
    `[host."${host}"]`,
    '  capabilities = ["pull", "resolve"]',
    ...(hasPath ? ['  override_path = true'] : []),
  ]
  return `${MARKER}${lines.join('\n')}\n`
}
