import { POD_BRIDGE } from '../../../base/kubernetes-names.ts'
import type { HostView } from '../../../host/host.ts'
import { answer } from '../answer.ts'
import { cniRecords } from './cni-records.ts'
import { lookAtCniState } from './cni-state.ts'

interface Link {
  ifindex: number
  /** Of its other end. */
  link_index?: number
  master?: string
}

/** Which of these network namespaces our containerd has made: by its records, by its plugins', or by the ports of our bridge. */
export async function podNamespaces(names: readonly string[], containerd: string, host: HostView): Promise<string[]> {
  if (names.length === 0) return []
  const { results } = await lookAtCniState(host)
  const { pods: recorded } = await cniRecords(results, containerd, host)
  const open = names.filter((name) => !recorded.has(name))
  const atBridge = open.length === 0 ? [] : await atOurBridge(open, host)
  return names.filter((name) => recorded.has(name) || atBridge.includes(name))
}

async function atOurBridge(names: readonly string[], host: HostView): Promise<string[]> {
  const ports = new Set((await links(host)).filter(({ master }) => master === POD_BRIDGE).map(({ ifindex }) => ifindex))
  if (ports.size === 0) return []
  const inside = await Promise.all(names.map((name) => links(host, '-netns', name)))
  return names.filter((_, index) =>
    inside[index]?.some(({ link_index }) => link_index !== undefined && ports.has(link_index)),
  )
}

async function links(host: HostView, ...where: string[]): Promise<Link[]> {
  const text = await answer(host, ['ip', ...where, '-json', 'link', 'show', 'type', 'veth'])
  try {
    return JSON.parse(text)
  } catch {
    return []
  }
}
