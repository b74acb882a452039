import { useEffect, useState } from 'react'
import type { LogEntry } from '../../../protocol/api/events.ts'
import { answerOf, api } from '../../data/client.ts'
import { useSession } from '../../data/session-context.ts'

/** Of which events; a field that is absent means all. */
export interface LogFilter {
  cluster?: string | undefined
  /** Its id. */
  node?: string | undefined
  run?: string | undefined
}

export interface Log {
  /** The oldest first. */
  entries: readonly LogEntry[]
  /** Undefined: all earlier events are here. */
  loadEarlier: (() => void) | undefined
  isLoading: boolean
  error: unknown
}

/** Numbers of events of all clusters that are looked through at once. */
const WINDOW = 20_000
/** Kept in memory. */
export const MOST_ENTRIES = 20_000

/** The events, first those that were, and then each as it comes. */
export function useLog({ cluster, node, run }: LogFilter): Log {
  const { live } = useSession()
  const [windows, setWindows] = useState(1)
  const [entries, setEntries] = useState<readonly LogEntry[]>([])
  const [state, setState] = useState<{ first: number; isLoading: boolean; error: unknown }>(LOADING)
  useEffect(() => {
    const gone = new AbortController()
    const filter = { cluster, node, run }
    const add = (more: readonly LogEntry[]) => setEntries((before) => merged(before, more))
    setEntries([])
    setState(LOADING)
    const stop = live.onEvent((entry) => {
      if (isOf(entry, filter)) add([entry])
    })
    const load = async () => {
      const { last } = await eventsAfter({ tail: '1' }, gone.signal)
      // All events of a run are close together, and few.
      const first = run === undefined ? Math.max(0, last - windows * WINDOW) : 0
      let after = first
      for (let hasMore = true; hasMore; ) {
        const page = await eventsAfter({ ...filter, after }, gone.signal)
        add(page.events)
        hasMore = page.events.length > 0 && page.last > after
        after = page.last
      }
      setState({ first, isLoading: false, error: undefined })
    }
    load().catch((error: unknown) => {
      if (!gone.signal.aborted) setState({ first: 0, isLoading: false, error })
    })
    return () => {
      gone.abort()
      stop()
    }
  }, [live, cluster, node, run, windows])
  const { first, isLoading, error } = state
  return { entries, isLoading, error, loadEarlier: first > 0 ? () => setWindows(windows + 1) : undefined }
}

const LOADING = { first: 0, isLoading: true, error: undefined }

const eventsAfter = (query: object, signal: AbortSignal) =>
  answerOf(api.GET('/v1/events', { params: { query }, signal }))

const isOf = (entry: LogEntry, { cluster, node, run }: LogFilter): boolean =>
  (cluster === undefined || entry.cluster === cluster) &&
  (node === undefined || entry.node?.id === node) &&
  (run === undefined || entry.run === run)

/** Both in their order, each event once; of too many, the last. */
export function merged(before: readonly LogEntry[], more: readonly LogEntry[]): readonly LogEntry[] {
  const last = before.at(-1)?.seq ?? 0
  const first = more[0]?.seq
  if (first === undefined) return before
  const all = first > last ? [...before, ...more] : sortedOnce([...before, ...more])
  return all.length > MOST_ENTRIES ? all.slice(-MOST_ENTRIES) : all
}

function sortedOnce(entries: LogEntry[]): LogEntry[] {
  const byNumber = new Map(entries.map((entry) => [entry.seq, entry]))
  return [...byNumber.values()].sort((a, b) => a.seq - b.seq)
}
