import { basename } from 'node:path/posix'
import { AgentError } from '../../errors/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { cniRecords } from './cni-records.ts'

/** containerd's own database below its root directory: it names the network namespace of every sandbox of its CRI plugin. */
const DATABASE = 'io.containerd.metadata.v1.bolt/meta.db'
const BRIDGE = 'cni0'
const PATIENCE = { timeoutMs: 30_000, maxBytes: 64 * 2 ** 20 }

interface Link {
  ifindex: number
  /** Of its other end. */
  link_index?: number
  master?: string
}

/** Which of these network namespaces our containerd has made: by its records, by its plugins', or by the ports of our bridge. */
export async function podNamespaces(names: readonly string[], containerd: string, host: HostView): Promise<string[]> {
  if (names.length === 0) return []
  const [records, sandboxes] = await Promise.all([
    cniRecords(host),
    answer(host, ['grep', '--text', '--only-matching', '-E', 'cni-[0-9a-f-]{36}', `${containerd}/${DATABASE}`]),
  ])
  const recorded = new Set([...records.map(({ netns = '' }) => basename(netns)), ...sandboxes.split('\n')])
  const open = names.filter((name) => !recorded.has(name))
  const atBridge = open.length === 0 ? [] : await atOurBridge(open, host)
  return names.filter((name) => recorded.has(name) || atBridge.includes(name))
}

async function atOurBridge(names: readonly string[], host: HostView): Promise<string[]> {
  const ports = new Set((await links(host)).filter(({ master }) => master === BRIDGE).map(({ ifindex }) => ifindex))
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

/** '' where it cannot be told. */
async function answer(host: HostView, argv: Argv): Promise<string> {
  try {
    return (await host.ask(argv, PATIENCE)).stdout
  } catch (error) {
    if (error instanceof AgentError) return ''
    throw error
  }
}
