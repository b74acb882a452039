import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../host.ts'
import { ifReadable, nameOf, processIds } from '../kernel/processes.ts'
import { type BoundSocket, parseBoundSockets, type SocketTable } from '../parse/network/proc-net.ts'

const TABLES: readonly SocketTable[] = ['tcp', 'tcp6', 'udp', 'udp6']

/** Bound sockets of this machine, from /proc/net. */
export async function boundSockets(view: HostView): Promise<BoundSocket[]> {
  const texts = await Promise.all(TABLES.map((table) => view.read(`/proc/net/${table}`)))
  if (texts.every((text) => text === undefined))
    throw new AgentError('proc/not-mounted', '/proc/net/tcp does not exist', { fix: 'mount -t proc proc /proc' })
  return TABLES.flatMap((table, i) => parseBoundSockets(table, texts[i] ?? ''))
}

/**
 * The processes that hold the sockets, by inode: `dnsmasq (pid 812)`. Omits sockets of the kernel, and of processes that may
 * not be inspected.
 */
export async function socketHolders(view: HostView, sockets: readonly BoundSocket[]): Promise<Map<number, string>> {
  const wanted = new Set(sockets.map((socket) => socket.inode).filter((inode) => inode !== 0))
  const holders = new Map<number, string>()
  for (const pid of wanted.size === 0 ? [] : await processIds(view)) {
    for (const inode of await socketInodes(view, pid))
      if (wanted.has(inode) && !holders.has(inode))
        holders.set(inode, `${(await nameOf(view, pid)) || 'a process'} (pid ${pid})`)
    if (holders.size === wanted.size) break
  }
  return holders
}

async function socketInodes(view: HostView, pid: string): Promise<number[]> {
  const directory = `/proc/${pid}/fd`
  const descriptors = (await ifReadable(() => view.list(directory))) ?? []
  const links = await Promise.all(descriptors.map((fd) => ifReadable(() => view.readLink(`${directory}/${fd}`))))
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link ?? '')?.[1] ?? []).map(Number)
}
