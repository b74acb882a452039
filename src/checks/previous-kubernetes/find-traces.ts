import { isLinkOfKubernetes } from '../../base/kubernetes-names.ts'
import { CNI_CONFIGURATION } from '../../base/kubernetes-paths.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import { realPath } from '../../host/files/real-path.ts'
import type { HostView } from '../../host/host.ts'
import { hostProcesses, ifReadable } from '../../host/kernel/processes.ts'
import { isBelow } from '../../host/parse/mountinfo.ts'
import {
  BINARY_DIRECTORIES,
  type Distribution,
  KUBERNETES_PLUGIN,
  POD_MOUNTS_BELOW,
  POD_NETWORK_STATE,
  POD_TASKS,
  UNIT_DIRECTORIES,
} from './traces.ts'

export interface Process {
  pid: string
  name: string
  /** The systemd service that it belongs to. */
  unit?: string
}

/** Traces of one distribution. */
export interface DistributionTraces {
  distribution: Distribution
  processes: readonly Process[]
  binaries: readonly string[]
  /** Paths of unit files. */
  units: readonly string[]
  directories: readonly string[]
}

/** Traces that belong to no particular distribution. */
export interface PodTraces {
  mounts: readonly string[]
  links: readonly string[]
  cniFiles: readonly string[]
  /** A CNI network of another program, such as podman, is configured. */
  hasOtherCni: boolean
  directories: readonly string[]
  containers: number
}

/** All traces of a distribution. @param running the processes of all distributions, listed once */
export async function distributionTraces(
  host: HostView,
  distribution: Distribution,
  running: readonly Process[],
): Promise<DistributionTraces> {
  const [binaries, units, directories] = await Promise.all([
    Promise.all(distribution.binaries.map((name) => firstFound(host, BINARY_DIRECTORIES, name))),
    Promise.all(distribution.units.map((name) => firstFound(host, UNIT_DIRECTORIES, name))),
    Promise.all(distribution.directories.map(async (path) => ((await holdsFile(host, path)) ? path : undefined))),
  ])
  return {
    distribution,
    processes: running.filter(({ name }) => distribution.processes.includes(name)),
    binaries: binaries.filter((path) => path !== undefined),
    units: units.filter((path) => path !== undefined),
    directories: directories.filter((path) => path !== undefined),
  }
}

/** One path for each name: some of the directories can be links to others. */
export async function firstFound(
  host: HostView,
  directories: readonly string[],
  name: string,
): Promise<string | undefined> {
  const paths = directories.map((directory) => `${directory}/${name}`)
  const stats = await Promise.all(paths.map((path) => host.stat(path)))
  return paths.find((_, i) => stats[i] !== undefined)
}

export async function runningProcesses(host: HostView, names: ReadonlySet<string>): Promise<Process[]> {
  const own = await hostProcesses(host, names)
  return await Promise.all(
    own.map(async (process) => {
      const cgroups = (await ifReadable(() => host.read(`/proc/${process.pid}/cgroup`))) ?? ''
      const [, unit] = /\/([^/\n]+\.service)$/m.exec(cgroups) ?? []
      return unit === undefined ? process : { ...process, unit }
    }),
  )
}

export async function podTraces(host: HostView): Promise<PodTraces> {
  const roots = [...POD_MOUNTS_BELOW, ...(await Promise.all(POD_MOUNTS_BELOW.map((path) => realPath(host, path))))]
  const isOfPods = (path: string) => roots.some((root) => root !== undefined && path !== root && isBelow(path, root))
  const mounts = (await readMounts(host)).map(({ mountPoint }) => mountPoint)
  const links = (await host.list('/sys/class/net')) ?? []
  const held = await Promise.all(POD_NETWORK_STATE.map((path) => holdsFile(host, path)))
  return {
    mounts: mounts.filter(isOfPods),
    links: links.filter(isLinkOfKubernetes),
    ...(await cniFiles(host)),
    directories: POD_NETWORK_STATE.filter((_, i) => held[i]),
    containers: ((await host.list(POD_TASKS)) ?? []).length,
  }
}

async function cniFiles(host: HostView): Promise<Pick<PodTraces, 'cniFiles' | 'hasOtherCni'>> {
  const paths = ((await host.list(CNI_CONFIGURATION)) ?? []).map((name) => `${CNI_CONFIGURATION}/${name}`)
  const files = await Promise.all(
    paths.map(async (path) =>
      (await host.stat(path))?.kind === 'file' ? [{ path, text: await host.read(path) }] : [],
    ),
  )
  const isOfKubernetes = ({ text }: { text: string | undefined }) => KUBERNETES_PLUGIN.test(text ?? '')
  const others = files.flat().filter((file) => /\.conf(list)?$/.test(file.path) && !isOfKubernetes(file))
  return {
    cniFiles: files
      .flat()
      .filter(isOfKubernetes)
      .map(({ path }) => path),
    hasOtherCni: others.length > 0,
  }
}

/** Directories without files are no trace, such as an empty mount or the lost+found of a new file system. */
async function holdsFile(host: HostView, directory: string, depth = 0): Promise<boolean> {
  // A symbolic link to itself holds nothing.
  if (depth === 0 && (await realPath(host, directory)) === undefined) return false
  for (const name of (await host.list(directory)) ?? []) {
    const path = `${directory}/${name}`
    const stat = await host.stat(path)
    if (stat === undefined) continue
    if (stat.kind !== 'directory' || depth >= 4 || (await holdsFile(host, path, depth + 1))) return true
  }
  return false
}
