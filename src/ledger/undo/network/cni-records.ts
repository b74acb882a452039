import { basename } from 'node:path/posix'
import { isPodNamespace, POD_NETWORKS } from '../../../base/kubernetes-names.ts'
import type { HostView } from '../../../host/host.ts'
import { sandboxNamespaces } from './sandbox-namespaces.ts'

/** What libcni takes for a network's name. Pods may mount this directory, and write what they like. */
const NETWORK_NAME = /^[a-zA-Z0-9][\w.-]*$/
const MAX_RECORD_BYTES = 2 ** 20

interface CniRecord {
  file: string
  networkName: string
  containerId: string
  /** The last part of its path. */
  namespace: string
}

interface CniRecords {
  /** The network namespaces of our pods. */
  pods: ReadonlySet<string>
  ours: CniRecord[]
  /** Of other container engines, another containerd among them: its CRI plugin names network namespaces in the same way. */
  others: CniRecord[]
  /** Files that say nothing, as a power cut leaves them. */
  unreadable: string[]
}

/**
 * What libcni has kept of its results. Ours are all those of a pod that our containerd's database names, or that is on one
 * of the cluster's own networks. `containerd` is its root directory; without it the networks alone tell.
 */
export async function cniRecords(
  files: readonly string[],
  containerd: string | undefined,
  host: HostView,
): Promise<CniRecords> {
  const read = await Promise.all(files.map((file) => readRecord(file, host)))
  const all = read.flatMap((record) => record ?? [])
  const onOurs = all.filter(({ networkName }) => POD_NETWORKS.includes(networkName)).map(({ namespace }) => namespace)
  const sandboxes = containerd === undefined ? [] : await sandboxNamespaces(containerd, host)
  const pods = new Set([...onOurs, ...sandboxes].filter(isPodNamespace))
  return {
    pods,
    ours: all.filter(({ namespace }) => pods.has(namespace)),
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

/** That of the cluster's own networks after which a file is called: libcni puts the network first. */
export function podNetworkOf(file: string): string | undefined {
  return POD_NETWORKS.find((network) => basename(file).startsWith(`${network}-`))
}

const isNetworkName = (value: unknown): value is string => typeof value === 'string' && NETWORK_NAME.test(value)
