import type { QueryClient } from '@tanstack/react-query'
import type { LogEntry } from '../../../protocol/api/events.ts'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { clustersQuery, nodeQuery } from '../queries.ts'
import { listWith, type NodeList } from './node-lists.ts'
import { touchedBy } from './touched.ts'

/** Changes come in bursts: one request for all of them. */
const SETTLE_MS = 1_000
/** More changed nodes at once are not asked for one by one. */
const FEW_NODES = 20
const REOPEN_MS = 3_000

/** `lost`: the pages show what was last known, and the connection is tried again. */
export type Connection = 'opening' | 'open' | 'lost'

export interface Live {
  connection(): Connection
  /** Calls back when the connection changes. Returns what ends that. */
  onConnection(listener: () => void): () => void
  /** Calls back with each event. Returns what ends that. */
  onEvent(listener: (entry: LogEntry) => void): () => void
  close(): void
}

/** Follows the events of the controller, and asks again for what they change. */
export function followEvents(queries: QueryClient): Live {
  const listeners = new Set<(entry: LogEntry) => void>()
  const watchers = new Set<() => void>()
  const dirty = new Set<string>()
  let areClustersDirty = false
  let settling: number | undefined
  let reopening: number | undefined
  let connection: Connection = 'opening'
  let changing: number | undefined
  let last = ''
  let source = open()

  const become = (now: Connection) => {
    if (now === connection) return
    connection = now
    for (const watcher of watchers) watcher()
  }

  const askAgain = () => void queries.invalidateQueries({ refetchType: 'active' })

  function open(): EventSource {
    const stream = new EventSource(`/v1/events?changes=1${last === '' ? '' : `&after=${last}`}`)
    stream.onopen = () => {
      // What changed while nothing was followed is asked for again; at first, between the answers and now.
      askAgain()
      become('open')
    }
    // Somebody changed what has no events: settings, accounts, a new cluster.
    stream.addEventListener('changed', () => {
      changing ??= window.setTimeout(() => {
        changing = undefined
        askAgain()
      }, SETTLE_MS)
    })
    stream.onmessage = ({ data, lastEventId }: MessageEvent<string>) => {
      last = lastEventId
      take(JSON.parse(data) as LogEntry)
    }
    stream.onerror = () => {
      become('lost')
      // The browser tries again by itself, unless the answer was an error: then perhaps nobody is signed in any more.
      if (stream.readyState !== EventSource.CLOSED) return
      void queries.invalidateQueries({ queryKey: ['session'] })
      reopening = window.setTimeout(() => {
        source = open()
      }, REOPEN_MS)
    }
    return stream
  }

  function take(entry: LogEntry): void {
    for (const listener of listeners) listener(entry)
    const touched = touchedBy(entry)
    if (touched?.node !== undefined) dirty.add(touched.node)
    if (touched?.cluster) areClustersDirty = true
    if (touched) settling ??= window.setTimeout(() => void settle(), SETTLE_MS)
  }

  async function settle(): Promise<void> {
    settling = undefined
    const nodes = [...dirty]
    dirty.clear()
    const others = { cancelRefetch: false }
    const work: Promise<unknown>[] = []
    if (areClustersDirty) {
      work.push(queries.invalidateQueries({ queryKey: clustersQuery.queryKey }, others))
      work.push(queries.invalidateQueries({ queryKey: ['health'] }, others))
    }
    areClustersDirty = false
    if (nodes.length > FEW_NODES) work.push(queries.invalidateQueries({ queryKey: ['nodes'] }, others))
    else work.push(...nodes.map(refresh))
    await Promise.all(work)
  }

  /** Asks for one node, and replaces it in all lists. */
  async function refresh(id: string): Promise<void> {
    await queries.invalidateQueries({ queryKey: nodeQuery(id).queryKey, refetchType: 'none' })
    const node: NodeView | undefined = await queries.fetchQuery(nodeQuery(id)).catch(() => undefined)
    for (const [key] of queries.getQueriesData<NodeList>({ queryKey: ['nodes'] })) {
      queries.setQueryData<NodeList>(key, (list) => list && listWith(list, { id, node, of: key[1] as string | null }))
    }
  }

  return {
    connection: () => connection,
    onConnection(listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      source.close()
      window.clearTimeout(settling)
      window.clearTimeout(changing)
      window.clearTimeout(reopening)
    },
  }
}
