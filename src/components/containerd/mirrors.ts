import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { authorizationOf, caNamesOf, DIRECTORY, hostsToml, MARKER, pathOf, toAsk } from './hosts-toml.ts'
import { verifyMirrors } from './verify-mirrors.ts'

/**
 * Files without the marker are those of somebody else, and stay, unless the setting names their registry. containerd reads them at
 * each pull, so a mirror that does not work is refused before.
 */
export const writeMirrors: ProvisionStep = {
  id: 'containerd/write-mirrors',
  title: 'Configuring mirrors of registries',
  async isDone(host, params) {
    const wanted = Object.entries(filesFor(params))
    const found = await Promise.all(wanted.map(([path]) => host.read(path)))
    return wanted.every(([, text], index) => found[index] === text) && (await unwanted(host, params)).length === 0
  },
  async apply(host, params, { log }) {
    await verifyMirrors(host, params, log)
    // The CAs come first, and go last.
    const others = await unwanted(host, params)
    for (const [path, text] of Object.entries(filesFor(params))) await host.write(path, text, modeOf(text))
    await discard(host, others)
  },
}

const modeOf = (text: string) => (text.includes('Authorization = ') ? 0o600 : 0o644)

async function discard(host: Host, paths: readonly string[]): Promise<void> {
  for (const path of paths) await host.discard(path, 'the registry has no mirror any more')
}

/** The CAs, and then the files that name them. */
function filesFor(params: ProvisionParams): Record<string, string> {
  const cas = Object.entries(params.cluster.registryCa ?? {}).map(([host, text]) => [pathOfCa(host), text])
  const known = {
    casOf: (host: string) => caNamesOf(params, host).map(pathOfCa),
    authorizationOf: (url: string) => authorizationOf(params, url),
  }
  const files = toAsk(params).map((each) => [pathOf(each.registry), hostsToml(each, known)])
  return Object.fromEntries([...cas, ...files])
}

/** Not in the directory of the registry, which other programs may tidy up. */
const CAS = `${CONTAINERD.configuration}/registry-ca`
const pathOfCa = (name: string) => `${CAS}/${name === '*' ? '_default' : name}.crt`

/** Its own files, of registries that have no mirror now. */
async function unwanted(host: HostView, params: ProvisionParams): Promise<string[]> {
  const wanted = filesFor(params)
  const [registries, cas] = await Promise.all([host.list(DIRECTORY), host.list(CAS)])
  const all = (registries ?? []).map((name) => `${DIRECTORY}/${name}/hosts.toml`)
  const others = all.filter((path) => wanted[path] === undefined)
  const texts = await Promise.all(others.map((path) => host.read(path)))
  const own = others.filter((_, index) => texts[index]?.startsWith(MARKER))
  return [...own, ...(cas ?? []).map((name) => `${CAS}/${name}`).filter((path) => wanted[path] === undefined)]
}
