import { CONTAINERD, UNITS } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, type Layout } from '../../base/layout.ts'
import type { HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { startUnit, unitIsCurrent } from '../../provision/steps/units.ts'
import { hasProxy, proxyEnvironment } from './proxy.ts'
import { expectState } from './state.ts'
import { CONFIGURATION, configuration, OVERRIDES, PROXY, unit } from './templates.ts'

const UNIT = `${UNITS}/${CONTAINERD.unit}`
/** Each pod gets a copy. An image of debootstrap has none, and then no pod starts. hosts(5) */
const HOSTS = '/etc/hosts'
const LOCALHOST = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'

const readAtStart = (layout: Layout, params: ProvisionParams) => [
  ...[`${containerdPrograms(layout)}/containerd`, CONFIGURATION, OVERRIDES, UNIT],
  ...(hasProxy(params) ? [PROXY] : []),
]

export const writeConfiguration: ProvisionStep = {
  id: 'containerd/write-configuration',
  title: 'Configuring containerd',
  async isDone(host, params) {
    const wanted = Object.entries(await files(host, params))
    const found = await Promise.all(wanted.map(([path]) => host.read(path)))
    if (!wanted.every(([, text], index) => found[index] === text)) return false
    if ((await host.stat(HOSTS)) === undefined) return false
    return (await host.read(PROXY)) === (await proxyEnvironment(host, params))
  },
  async apply(host, params) {
    const environment = await proxyEnvironment(host, params)
    if ((await host.stat(HOSTS)) === undefined) await host.write(HOSTS, LOCALHOST)
    // Before the unit that reads it.
    if (environment !== undefined) await host.write(PROXY, environment, 0o600)
    for (const [path, text] of Object.entries(await files(host, params))) await host.write(path, text)
    if (environment === undefined && (await host.stat(PROXY)) !== undefined)
      await host.discard(PROXY, 'there is no proxy')
  },
}

export const startService: ProvisionStep = {
  id: 'containerd/start-service',
  title: 'Starting containerd',
  async isDone(host, params) {
    return unitIsCurrent(host, CONTAINERD.unit, readAtStart(host.layout, params))
  },
  async apply(host, params, { signal }) {
    // Recorded before the start, so the service is stopped first.
    await expectState(host)
    await startUnit(host, CONTAINERD.unit, readAtStart(host.layout, params), { signal })
  },
}

async function files(host: HostView, params: ProvisionParams): Promise<Record<string, string>> {
  const restrictOomScoreAdj = !(await mayLowerOomScores(host))
  return {
    [CONFIGURATION]: configuration(host.layout, sandboxImage(params), { restrictOomScoreAdj }),
    // Always written, so that it is reset when a later instruction no longer has the override.
    [OVERRIDES]: params.cluster.overrides.containerd ?? 'version = 3\n',
    [UNIT]: unit(host.layout, { hasProxy: hasProxy(params) }),
  }
}

const CAP_SYS_RESOURCE = 24n

/** Services can have the capabilities of process 1. In a container without CAP_SYS_RESOURCE runc could not start a pod. */
async function mayLowerOomScores(host: HostView): Promise<boolean> {
  const mask = /^CapBnd:\s*([0-9a-f]+)$/m.exec((await host.read('/proc/1/status')) ?? '')?.[1]
  return mask === undefined || ((BigInt(`0x${mask}`) >> CAP_SYS_RESOURCE) & 1n) === 1n
}

/** The only pause image of the bundle, which is the one that kubeadm of this version uses. */
function sandboxImage(params: ProvisionParams): string {
  const pause = params.bundleStore.manifest.files.find(
    ({ role, name }) => role === 'image' && /^registry\.k8s\.io\/pause:/.test(name),
  )
  return (pause ?? params.bundleStore.file('image', 'registry.k8s.io/pause')).name
}
