import type { HostView } from '../../host/host.ts'
import { isBelow, parseMountinfo } from '../../host/parse/mountinfo.ts'
import { ownProcesses } from '../../host/processes.ts'
import {
  BINARY_DIRECTORIES,
  type Distribution,
  KUBERNETES_PLUGIN,
  POD_LINK,
  POD_MOUNTS_BELOW,
  POD_NETWORK_STATE,
  POD_TASKS,
  UNIT_DIRECTORIES,
} from './traces.ts'

/** Paths of one distribution, as a person would write them. */
export async function distributionTraces(host: HostView, distribution: Distribution): Promise<string[]> {
  const { binaries, units, directories } = distribution
  const found = await Promise.all([
    ...binaries.map((name) => firstFound(host, BINARY_DIRECTORIES, name)),
    ...units.map((name) => firstFound(host, UNIT_DIRECTORIES, name)),
    ...directories.map(async (path) => ((await holdsFile(host, path)) ? `${path}/` : undefined)),
  ])
  return found.filter((path) => path !== undefined)
}

/** One path a name: several of the directories may be links to one another. */
async function firstFound(host: HostView, directories: readonly string[], name: string): Promise<string | undefined> {
  const paths = directories.map((directory) => `${directory}/${name}`)
  const stats = await Promise.all(paths.map((path) => host.stat(path)))
  return paths.find((_, i) => stats[i] !== undefined)
}

/** Of all distributions at once, for the list of processes is long: `kubelet (pid 812)` by name. */
export async function runningProcesses(host: HostView, names: ReadonlySet<string>): Promise<Map<string, string>> {
  const own = await ownProcesses(host, names)
  return new Map(own.map(({ pid, name }) => [name, `process ${name} (pid ${pid})`]))
}

/** Mounts, network links, CNI files and containers that no single distribution owns. */
export async function networkAndPodTraces(host: HostView): Promise<string[]> {
  const mounts = parseMountinfo((await host.read('/proc/self/mountinfo')) ?? '').map((mount) => mount.mountPoint)
  const podMounts = mounts.filter((path) => POD_MOUNTS_BELOW.some((root) => path !== root && isBelow(path, root)))
  const links = ((await host.list('/sys/class/net')) ?? []).filter((name) => POD_LINK.test(name))
  const tasks = (await host.list(POD_TASKS)) ?? []
  const held = await Promise.all(POD_NETWORK_STATE.map((path) => holdsFile(host, path)))
  return [
    ...podMounts.map((path) => `mount ${path}`),
    ...links.map((name) => `network link ${name}`),
    ...(await cniFiles(host)),
    ...POD_NETWORK_STATE.filter((_, i) => held[i]).map((path) => `${path}/`),
    ...(tasks.length > 0 ? [`${tasks.length} containers of pods`] : []),
  ]
}

async function cniFiles(host: HostView): Promise<string[]> {
  const directory = '/etc/cni/net.d'
  const paths = ((await host.list(directory)) ?? []).map((name) => `${directory}/${name}`)
  const found = await Promise.all(
    paths.map(async (path) => {
      if ((await host.stat(path))?.kind !== 'file') return []
      return KUBERNETES_PLUGIN.test((await host.read(path)) ?? '') ? [path] : []
    }),
  )
  return found.flat()
}

/** Directories alone, also those of a fresh file system (lost+found) or an empty mount, are no trace. */
async function holdsFile(host: HostView, directory: string, depth = 0): Promise<boolean> {
  for (const name of (await host.list(directory)) ?? []) {
    const path = `${directory}/${name}`
    const stat = await host.stat(path)
    if (stat === undefined) continue
    if (stat.kind !== 'directory' || depth >= 4 || (await holdsFile(host, path, depth + 1))) return true
  }
  return false
}
