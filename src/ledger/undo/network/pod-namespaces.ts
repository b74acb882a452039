import { POD_BRIDGE } from '../../../base/kubernetes-names.ts'
import { outputOf } from '../../../host/ask-if-installed.ts'
import type { HostView } from '../../../host/host.ts'
import { cniRecords } from './cni/cni-records.ts'
import { lookAtCniState } from './cni/cni-state.ts'

interface Link {
  ifindex: number
  /** ifindex of its peer. */
  link_index?: number
  master?: string
}

/** The network namespaces that Cantrip's containerd created: by its records, those of its plugins, or the ports of the pod bridge. */
export async function podNamespaces(names: readonly string[], containerd: string, host: HostView): Promise<string[]> {
  if (names.length === 0) return []
  const { results } = await lookAtCniState(host)
  const { pods: recorded } = await cniRecords(results, containerd, host)
  const open = names.filter((name) => !recorded.has(name))
  const atBridge = open.length === 0 ? [] : await atPodBridge(open, host)
  return names.filter((name) => recorded.has(name) || atBridge.includes(name))
}

async function atPodBridge(names: readonly string[], host: HostView): Promise<string[]> {
  const ports = new Set((await links(host)).filter(({ master }) => master === POD_BRIDGE).map(({ ifindex }) => ifindex))
  if (ports.size === 0) return []
  const inside = await Promise.all(names.map((name) => links(host, '-netns', name)))
  return names.filter((_, index) =>
    inside[index]?.some(({ link_index }) => link_index !== undefined && ports.has(link_index)),
  )
}

async function links(host: HostView, ...where: string[]): Promise<Link[]> {
  const text = await outputOf(host, ['ip', ...where, '-json', 'link', 'show', 'type', 'veth'])
  try {
    return JSON.parse(text)
  } catch {
    return []
  }
}
