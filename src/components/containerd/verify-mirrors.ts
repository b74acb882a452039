import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { Host } from '../../host/host.ts'
import { type RegistryProblem, registryProblem } from '../../host/network/registry-probe.ts'
import { systemCas } from '../../host/network/system-cas.ts'
import { STAGE_NAMES } from '../../host/network.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { type Asked, authorizationOf, caNamesOf, placeOf, toAsk } from './hosts-toml.ts'
import { hasProxy } from './proxy.ts'

const TIMEOUT_MS = 10_000

/**
 * Asks each mirror for what it is there for, as containerd will. Throws AgentError `mirror/unusable` if one of them is the only
 * source of its registry; of another one, which containerd passes over, only the log tells.
 */
export async function verifyMirrors(host: Host, params: ProvisionParams, log: (text: string) => void): Promise<void> {
  // Through a proxy, what containerd reaches differs.
  if (hasProxy(params)) return
  const asked = toAsk(params).filter(({ registry }) => params.cluster.registryMirrors?.[registry] !== undefined)
  const problems = await Promise.all(asked.map((each) => problemOf(host, params, each)))
  for (const [index, problem] of problems.entries()) {
    const { registry = '', mirror = '', isOriginAsked } = asked[index] ?? {}
    if (problem === undefined) continue
    const text = `the mirror of ${registry === '*' ? 'all registries' : registry} cannot be used: ${textOf(problem)}`
    if (isOriginAsked) log(text)
    else {
      throw new AgentError('mirror/unusable', `${text}; wanted a registry at ${mirror}`, {
        fix: `${fixFor(problem, mirror)}; then provision again`,
        kind: 'unreachable',
      })
    }
  }
}

async function problemOf(host: Host, params: ProvisionParams, { registry, mirror = '' }: Asked) {
  const { cluster, bundleStore } = params
  const { url, host: name, hasPath } = placeOf(mirror)
  const authorization = authorizationOf(params, url)
  const known = caNamesOf(params, name).map((each) => cluster.registryCa?.[each])
  const ca = [...known, await systemCas(host)].filter((text) => text).join('\n')
  const pause = bundleStore.manifest.files.find(
    ({ role, name }) => role === 'image' && /^registry\.k8s\.io\/pause:/.test(name),
  )
  // What every mirror of this registry has.
  const manifest = /^registry\.k8s\.io\/(pause):(.+)$/.exec(registry === 'registry.k8s.io' ? (pause?.name ?? '') : '')
  return registryProblem(
    host.network,
    { url, ca: [], skipVerify: false, overridePath: hasPath, headers: { ...(authorization && { authorization }) } },
    { ca, timeoutMs: TIMEOUT_MS, ...(manifest && { manifest: `${manifest[1]}/manifests/${manifest[2]}` }) },
  )
}

function textOf({ at, stage, found }: RegistryProblem): string {
  return stage === undefined ? found : `${at}: ${STAGE_NAMES[stage]} failed: ${found}`
}

function fixFor({ status }: RegistryProblem, mirror: string): string {
  return status === 401 || status === 403
    ? 'install the agent again with all its options and --registry-login HOST=FILE'
    : `see: ${command`curl -v ${`${new URL(mirror).origin}/v2/`}`}`
}
