import { basename } from 'node:path/posix'
import { isPodNamespace } from '../../../../base/kubernetes-names.ts'
import { POD_NETWORKS } from '../../../../base/pod-network-traces.ts'
import type { HostView } from '../../../../host/host.ts'
import { sandboxNamespaces } from '../sandbox-namespaces.ts'

/** Network names that libcni accepts. Pods can mount this directory and write arbitrary files. */
const NETWORK_NAME = /^[a-zA-Z0-9][\w.-]*$/
const MAX_RECORD_BYTES = 2 ** 20

interface CniRecord {
  file: string
  networkName: string
  containerId: string
  /** The base name of its path. */
  namespace: string
}

interface CniRecords {
  /** The network namespaces of this cluster's pods. */
  pods: ReadonlySet<string>
  own: CniRecord[]
  /** Records of other container engines, such as another containerd, whose CRI plugin names network namespaces the same way. */
  others: CniRecord[]
  /** Files that cannot be parsed, for example after a power cut. */
  unreadable: string[]
}

/**
 * The results that libcni has cached. A record belongs to this cluster if Cantrip's containerd has its pod in the database,
 * or if the pod is on one of the cluster's networks. `containerd` is the root directory of containerd; without it, only
 * the networks count.
 */
export async function cniRecords(
  files: readonly string[],
  containerd: string | undefined,
  host: HostView,
): Promise<CniRecords> {
  const read = await Promise.all(files.map((file) => readRecord(file, host)))
  const all = read.flatMap((record) => record ?? [])
  const onOwnNetworks = all
    .filter(({ networkName }) => POD_NETWORKS.includes(networkName))
    .map(({ namespace }) => namespace)
  const sandboxes = containerd === undefined ? [] : await sandboxNamespaces(containerd, host)
  const pods = new Set([...onOwnNetworks, ...sandboxes].filter(isPodNamespace))
  return {
    pods,
    own: all.filter(({ namespace }) => pods.has(namespace)),
    others: all.filter(({ namespace }) => !pods.has(namespace)),
    unreadable: files.filter((_, index) => read[index] === undefined),
  }
}

async function readRecord(file: string, host: HostView): Promise<CniRecord | undefined> {
  try {
    const { text = '' } = (await host.readFileItself(file, MAX_RECORD_BYTES)) ?? {}
    const { networkName = podNetworkOf(file), netns, containerId = '' } = JSON.parse(text)
    if (!isNetworkName(networkName) || typeof netns !== 'string') return undefined
    return { file, networkName, containerId: `${containerId}`, namespace: basename(netns) }
  } catch {
    return undefined
  }
}

/** The cluster network in the name of a file, which starts with the network's name. */
export function podNetworkOf(file: string): string | undefined {
  return POD_NETWORKS.find((network) => basename(file).startsWith(`${network}-`))
}

const isNetworkName = (value: unknown): value is string => typeof value === 'string' && NETWORK_NAME.test(value)
