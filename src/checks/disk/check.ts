import { command } from '../../base/command.ts'
import { STANDARD } from '../../base/layout.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import {
  installedThresholds,
  KUBELET_DEFAULTS,
  type Shortage,
  shortagesOf,
} from '../../engine/checks/kubelet-evictions.ts'
import { hasOwnKubernetes } from '../../engine/checks/own-kubernetes.ts'
import { locate } from '../../host/files/locate.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView } from '../../host/host.ts'
import { NEEDED_STATE_MIB, neededSpace } from './needed.ts'

const MIB = 1024 * 1024
/** Share of the needed space that must be free once the node's Kubernetes is installed there. */
const SHARE_ONCE_INSTALLED = 0.1

interface FileSystemNeed {
  device: string
  mountPoint: string
  paths: string[]
  mib: number
  freeMib: number
}

export const check: Check = {
  id: 'disk',
  title: 'Disk space',
  hard: true,
  why: 'Each path that the node writes to needs free space; paths on one file system need the sum. A file system below the eviction thresholds of the kubelet (by default 15 % for containerd, 10 % for the kubelet, 5 % of the inodes) is a warning: the configuration of a cluster can change the thresholds, which are read from the kubelet that is installed.',
  remedy: 'Free space on the file system that the check names, or mount a larger disk there.',
  thresholds: [
    ...neededSpace(STANDARD).map(({ path, mib, roles }) => ({
      of: `free for ${path}${roles.length === 1 ? ` of a ${roles[0]}` : ''}`,
      fail: `less than ${gib(mib)}`,
    })),
    { of: "free for the agent's state", fail: `less than ${gib(NEEDED_STATE_MIB)}` },
    ...Object.entries(KUBELET_DEFAULTS).map(([signal, share]) => ({ of: signal, warn: `less than ${share}` })),
  ],
  timeoutMs: 15_000,
  async look(host: HostView, { roles, ownStateDirectory }: CheckParams): Promise<Verdict> {
    const { must, may } = judgedRoles(roles)
    const space = neededSpace(host.layout)
    const needed = space.filter((each) => each.roles.some((role) => must.includes(role) || may.includes(role)))
    const isInstalled = await hasOwnKubernetes(host, ownStateDirectory)
    const share = isInstalled ? SHARE_ONCE_INSTALLED : 1
    const thresholds = isInstalled ? await installedThresholds(host) : KUBELET_DEFAULTS
    const needs = await byFileSystem(host, [...needed, { path: ownStateDirectory, mib: NEEDED_STATE_MIB }], share)
    const short = needs.filter((need) => need.freeMib < need.mib)
    const willBeWritten = (device?: string) => (needs.find((need) => need.device === device)?.mib ?? 0) * MIB
    const shortages = await shortagesOf(host, thresholds, (mount) => willBeWritten(mount?.device))
    const others = shortages.filter(({ device }) => !short.some((need) => need.device === device))
    const findings = [...short.map(tooSmall), ...others.map(evicts)]
    return verdictOf(findings, needs.map((need) => `${gib(need.freeMib)} free on ${need.mountPoint}`).join(', '))
  },
}

/** Several mounts can show one file system, and a symbolic link can lead to another file system than its path suggests. */
async function byFileSystem(
  host: HostView,
  needs: readonly { path: string; mib: number }[],
  share: number,
): Promise<FileSystemNeed[]> {
  const mounts = await readMounts(host)
  const found = new Map<string, FileSystemNeed>()
  for (const { path, mib } of needs) {
    const { mount, space } = await locate(host, path, mounts)
    const { device, mountPoint } = mount ?? { device: path, mountPoint: path }
    const others = found.get(device) ?? { device, mountPoint, paths: [], mib: 0, freeMib: space.freeBytes / MIB }
    found.set(device, { ...others, paths: [...others.paths, path], mib: others.mib + mib * share })
  }
  return [...found.values()]
}

function tooSmall({ mountPoint, mib, freeMib, paths }: FileSystemNeed): Finding {
  return {
    kind: 'fail',
    found: `${gib(freeMib)} free on ${mountPoint}`,
    wanted: `${gib(mib)} on ${mountPoint} (for ${paths.join(', ')})`,
    fix: makeRoom(['du'], mountPoint),
  }
}

function evicts({ signal, threshold, mountPoint, free, total, least }: Shortage): Finding {
  const isBytes = signal.endsWith('.available')
  const amount = (value: number) => (isBytes ? gib(value / MIB) : `${Math.ceil(value)} inodes`)
  return {
    kind: 'warn',
    found: `${amount(free)} of ${amount(total)} free on ${mountPoint}, where the kubelet evicts pods below ${threshold} (${signal})`,
    wanted: `${amount(least)} free after installation`,
    fix: `${makeRoom(isBytes ? ['du'] : ['du', '--inodes'], mountPoint)}; or set a lower evictionHard for the cluster's kubelets: --override kubelet=FILE`,
  }
}

function makeRoom(du: string[], mountPoint: string): string {
  return `free space or mount a larger disk; to see what uses the space: ${command`${du} -xh -d2 ${mountPoint} | sort -h | tail`}`
}

function gib(mib: number): string {
  return mib < 1024 ? `${Math.floor(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`
}
