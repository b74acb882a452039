import { useEffect, useState } from 'react'
import type { AuditEntry } from '../../../protocol/audit/entry.ts'
import { answerOf, api } from '../../data/client.ts'

/** A field that is absent means all. */
export interface AuditFilter {
  who?: string | undefined
  cluster?: string | undefined
  node?: string | undefined
  refused?: '1' | undefined
}

export interface Audit {
  /** The newest first. */
  entries: readonly AuditEntry[]
  isLoading: boolean
  /** Whether new entries come by themselves now. */
  isLive: boolean
  error: unknown
  /** Undefined: all earlier entries were looked at. */
  loadEarlier: (() => void) | undefined
}

/** Numbers of entries that are looked at at once. */
const WINDOW = 2_000
/** Kept in memory. */
export const MOST_ENTRIES = 20_000

const BEGINNING = { first: 0, isLoading: true, error: undefined as unknown }

/** The audit log, first what it has, and then each entry as it comes. */
export function useAudit({ who, cluster, node, refused }: AuditFilter): Audit {
  const [windows, setWindows] = useState(1)
  const [entries, setEntries] = useState<readonly AuditEntry[]>([])
  const [state, setState] = useState(BEGINNING)
  const [isLive, setLive] = useState(false)
  useEffect(() => {
    const gone = new AbortController()
    let source: EventSource | undefined
    const filter = { who, cluster, node, refused }
    const add = (more: readonly AuditEntry[]) => setEntries((before) => merged(before, more))
    const ask = (query: object) => answerOf(api.GET('/v1/audit', { params: { query }, signal: gone.signal }))
    setEntries([])
    setState(BEGINNING)
    const load = async () => {
      const head = (await ask({ tail: '1' })).head?.number ?? 0
      const first = Math.max(0, head - windows * WINDOW)
      let after = first
      while (after < head) {
        const page = await ask({ ...filter, after })
        add(page.entries)
        if (page.last <= after) break
        after = page.last
      }
      setState({ first, isLoading: false, error: undefined })
      source = new EventSource(`/v1/audit?${queryOf(filter, after)}`)
      source.onopen = () => setLive(true)
      source.onerror = () => setLive(false)
      source.onmessage = ({ data }: MessageEvent<string>) => add([JSON.parse(data) as AuditEntry])
    }
    load().catch((error: unknown) => {
      if (!gone.signal.aborted) setState({ first: 0, isLoading: false, error })
    })
    return () => {
      gone.abort()
      source?.close()
      setLive(false)
    }
  }, [who, cluster, node, refused, windows])
  const { first, isLoading, error } = state
  return { entries, isLoading, isLive, error, loadEarlier: first > 0 ? () => setWindows(windows + 1) : undefined }
}

function queryOf(filter: AuditFilter, after: number): string {
  const query = new URLSearchParams({ after: String(after) })
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value)
  return query.toString()
}

/** The newest first, each once; of too many, the newest. */
export function merged(before: readonly AuditEntry[], more: readonly AuditEntry[]): readonly AuditEntry[] {
  if (more.length === 0) return before
  const byNumber = new Map([...before, ...more].map((entry) => [entry.number, entry]))
  return [...byNumber.values()].sort((a, b) => b.number - a.number).slice(0, MOST_ENTRIES)
}
