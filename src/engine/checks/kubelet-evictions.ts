import { CONTAINERD, KUBELET_STATE } from '../../base/kubernetes-paths.ts'
import { locate } from '../../host/files/locate.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView } from '../../host/host.ts'
import type { Mount } from '../../host/parse/mountinfo.ts'

type FileSystem = 'nodefs' | 'imagefs'
type Signal = `${FileSystem}.available` | `${FileSystem}.inodesFree`

/** `evictionHard` of a KubeletConfiguration: a share of the file system (`10%`) or an amount (`1Gi`). */
export type EvictionHard = Partial<Record<Signal, string>>

/** The kubelet's defaults: defaults_linux.go of pkg/kubelet/apis/config/v1beta1. */
export const KUBELET_DEFAULTS: EvictionHard = {
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
}

/** The settings of a KubeletConfiguration that determine the thresholds. */
export interface EvictionSettings {
  evictionHard?: EvictionHard | undefined
  mergeDefaultEvictionSettings?: boolean | undefined
}

/** As in the kubelet: if some thresholds are set, the others do not apply, except with mergeDefaultEvictionSettings. */
export function thresholdsOf({ evictionHard, mergeDefaultEvictionSettings }: EvictionSettings): EvictionHard {
  if (evictionHard === undefined) return KUBELET_DEFAULTS
  return { ...(mergeDefaultEvictionSettings ? KUBELET_DEFAULTS : {}), ...evictionHard }
}

/** The thresholds of the kubelet that is installed, or its defaults. */
export async function installedThresholds(view: HostView): Promise<EvictionHard> {
  const text = await view.read(`${KUBELET_STATE}/config.yaml`)
  if (text === undefined) return KUBELET_DEFAULTS
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { version: '1.1' })
  const settings: unknown = document.errors.length > 0 ? undefined : document.toJS()
  return thresholdsOf(typeof settings === 'object' && settings !== null ? settings : {})
}

const DIRECTORY: Record<FileSystem, string> = { nodefs: KUBELET_STATE, imagefs: CONTAINERD.root }

const FACTORS: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }
const BINARY_FACTORS: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }

/** A file system on which a kubelet would evict pods at once, and remove unused images. */
export interface Shortage {
  signal: Signal
  threshold: string
  device: string | undefined
  mountPoint: string
  /** Bytes or inodes. */
  free: number
  total: number
  least: number
}

/** `willBeWritten`: bytes that provisioning will write to the mount. */
export async function shortagesOf(
  view: HostView,
  thresholds: EvictionHard,
  willBeWritten: (mount: Mount | undefined) => number = () => 0,
): Promise<Shortage[]> {
  const mounts = await readMounts(view)
  const looked = Object.entries(thresholds).map(async ([name, threshold]): Promise<Shortage[]> => {
    const signal = name as Signal
    const directory = DIRECTORY[signal.split('.')[0] as FileSystem]
    if (directory === undefined) return []
    const { mount, space } = await locate(view, directory, mounts)
    const isBytes = signal.endsWith('.available')
    const [total, now] = isBytes ? [space.totalBytes, space.freeBytes] : [space.totalInodes, space.freeInodes]
    const free = isBytes ? now - willBeWritten(mount) : now
    const least = leastOf(threshold, total)
    // A file system that allocates inodes dynamically (btrfs) reports 0.
    if (total === 0 || !(free < least)) return []
    const { device, mountPoint = directory } = mount ?? {}
    return [{ signal, threshold, device, mountPoint, free: now, total, least }]
  })
  return (await Promise.all(looked)).flat()
}

/** The threshold in bytes or inodes. NaN, which no value is below, for a threshold that the kubelet cannot parse either. */
function leastOf(threshold: string, total: number): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(%|[KMGT]i|[kMGT])?$/.exec(threshold.trim()) ?? []
  if (unit === '%') return (total * Number(amount)) / 100
  return Number(amount) * (FACTORS[unit] ?? BINARY_FACTORS[unit] ?? Number.NaN)
}
