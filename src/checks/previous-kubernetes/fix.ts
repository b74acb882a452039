import { command, independent, inOrder, remarked } from '../../base/command.ts'
import { findCommand } from '../../host/files/find-command.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import type { DistributionTraces, PodTraces } from './find-traces.ts'
import { firstFound } from './find-traces.ts'
import { removeKernelTraces } from './fix-kernel.ts'
import type { KernelTraces } from './kernel-traces.ts'
import { FORMER, moveAside } from './move-aside.ts'
import { ownersOf, removePackages } from './packages.ts'
import { BINARY_DIRECTORIES } from './traces.ts'

export interface Leftovers {
  distributions: readonly DistributionTraces[]
  /** Paths that are not moved, because another program uses them. */
  keep: readonly string[]
  pods: PodTraces
  kernel: KernelTraces
}

/**
 * One line that stops services, unmounts volumes, moves state away and removes programs. It deletes no data: state is moved,
 * and only after everything below it is unmounted, so that no volume is emptied through its mount.
 */
export async function fixFor(host: HostView, leftovers: Leftovers): Promise<string> {
  const { distributions, pods, kernel } = leftovers
  const scripts = await scriptsOf(host, distributions)
  const snaps = snapsOf(distributions)
  const kept = distributions.filter(({ distribution }) => !scripts.removing.has(distribution.name))
  const programs = kept.flatMap(({ binaries, units }) => [...binaries, ...units]).filter((path) => !isOfSnap(path))
  const { packages, unowned } = await ownersOf(host, programs)
  const state = [...distributions.flatMap(({ directories }) => directories), ...pods.directories]
  const moved = await moveAside(host, {
    directories: state.filter((path) => !isDataOfSnap(path, snaps) && !leftovers.keep.includes(path)),
    files: [...unowned, ...pods.cniFiles],
    mounts: pods.mounts,
  })
  const containers = await endContainers(host, pods.containers)
  const line = independent(
    ...stopUnits(distributions),
    ...scripts.stopping.map((path) => command`${path}`),
    ...snaps.map((name) => command`snap stop ${name}`),
    ...distributions.flatMap(({ distribution }) => dockerContainers(distribution.dockerLabel)),
    containers.now,
    inOrder(
      ...moved,
      ...[...scripts.removing.values()].map((path) => command`${path}`),
      await removePackages(host, packages),
      ...snaps.map((name) => command`snap remove ${name}`),
    ),
    unowned.some((path) => path.endsWith('.service')) ? 'systemctl daemon-reload' : undefined,
    ...removeKernelTraces(pods.links, kernel),
    containers.atLast,
  )
  const remarks = [
    ...(moved.length > 0 ? [`its data is in ${FORMER}-* afterwards`] : []),
    ...leftovers.keep.map((path) => `${path} is not moved: an etcd that does not belong to Kubernetes runs`),
  ]
  return remarks.length === 0 ? line : remarked(line, remarks.join('; '))
}

function stopUnits(distributions: readonly DistributionTraces[]): (string | undefined)[] {
  const installed = distributions.flatMap(({ units }) => units.map((path) => path.slice(path.lastIndexOf('/') + 1)))
  const processes = distributions.flatMap((found) => found.processes)
  const transient = processes.flatMap(({ unit }) => (unit === undefined || installed.includes(unit) ? [] : [unit]))
  const alone = processes.filter(({ unit }) => unit === undefined).map(({ name }) => name)
  const disabled = [...new Set(installed)].filter((name) => !name.startsWith('snap.'))
  return [
    disabled.length === 0 ? undefined : command`systemctl disable --now ${disabled}`,
    transient.length === 0 ? undefined : command`systemctl stop ${[...new Set(transient)]}`,
    // Only processes in the PID namespace of this shell: containers can have processes of the same name.
    ...[...new Set(alone)].map((name) => command`pkill --ns $$ --nslist pid -x ${name}`),
  ]
}

async function scriptsOf(host: HostView, distributions: readonly DistributionTraces[]) {
  const stopping: string[] = []
  const removing = new Map<string, string>()
  for (const { distribution } of distributions) {
    const { name, stopScript, removeScripts = [] } = distribution
    const stop = stopScript && (await firstFound(host, BINARY_DIRECTORIES, stopScript))
    if (stop) stopping.push(stop)
    const found = await Promise.all(removeScripts.map((script) => firstFound(host, BINARY_DIRECTORIES, script)))
    const remove = found.find((path) => path !== undefined)
    if (remove !== undefined) removing.set(name, remove)
  }
  return { stopping, removing }
}

const isOfSnap = (path: string) => path.startsWith('/snap/') || path.includes('/snap.')
const isDataOfSnap = (path: string, snaps: readonly string[]) => snaps.some((name) => path === `/var/snap/${name}`)

/** Names of the snaps. snapd keeps the data of a removed snap in a snapshot. */
function snapsOf(distributions: readonly DistributionTraces[]): string[] {
  const paths = distributions.flatMap(({ binaries, units }) => [...binaries, ...units]).filter(isOfSnap)
  return [
    ...new Set(paths.flatMap((path) => /^\/snap\/bin\/([^.]+)|\/snap\.([^.]+)\./.exec(path)?.slice(1) ?? [])),
  ].filter((name) => name !== undefined)
}

function dockerContainers(label: string | undefined): string[] {
  if (label === undefined) return []
  return [label, 'io.kubernetes.pod.uid'].map(
    (of) => command`docker ps --all --quiet --filter ${`label=${of}`} | xargs -r docker rm --force`,
  )
}

/** Containers in the namespace of Kubernetes; Docker and podman use other namespaces. */
async function endContainers(host: HostView, count: number): Promise<{ now?: string; atLast?: string }> {
  if (count === 0) return {}
  const ctr = await findCommand(host, 'ctr')
  if (ctr === undefined || !(await isUnitActive(host, 'containerd.service'))) return { atLast: 'reboot' }
  const all = (what: string, remove: string[]) =>
    command`${ctr} -n k8s.io ${what} list -q | xargs -r ${ctr} -n k8s.io ${what} ${remove}`
  return { now: independent(all('tasks', ['delete', '--force']), all('containers', ['delete'])) }
}
