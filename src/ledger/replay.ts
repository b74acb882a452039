import type { ChangeEntry, Entry, Numbered, RunOutcome } from './entry.ts'

export interface RunState {
  run: string
  role: string
  at: string
  steps: Map<string, 'started' | 'done'>
  outcome?: RunOutcome
}

export interface Replayed {
  runs: Map<string, RunState>
  /** Changes that were not undone, newest first, which is the order of undo. */
  outstanding: Numbered<ChangeEntry>[]
  /** What the undo of a change was about to remove, by the change's sequence number. */
  found: ReadonlyMap<number, readonly string[]>
  /** The newest run that did not end. */
  openRun?: RunState
}

/** The state that results from the records. Pure. */
export function replay(entries: readonly Numbered<Entry>[]): Replayed {
  const runs = new Map<string, RunState>()
  const changes = new Map<number, Numbered<ChangeEntry>>()
  const found = new Map<number, string[]>()
  for (const entry of entries) {
    switch (entry.kind) {
      case 'run-begun': {
        // A resumed run has the same id: its steps are kept, its outcome is reset.
        const steps = runs.get(entry.run)?.steps ?? new Map()
        runs.set(entry.run, { run: entry.run, role: entry.role, at: entry.at, steps })
        break
      }
      case 'started':
      case 'done':
        runs.get(entry.run)?.steps.set(entry.step, entry.kind)
        break
      case 'change':
        changes.set(entry.seq, entry)
        break
      case 'found': {
        found.set(entry.change, [...(found.get(entry.change) ?? []), ...entry.names])
        break
      }
      case 'ended': {
        const run = runs.get(entry.run)
        if (run !== undefined) run.outcome = entry.outcome
        break
      }
      case 'undone':
        changes.delete(entry.change)
        break
      case 'check-ignored':
      case 'damage':
        break
    }
  }
  const openRun = [...runs.values()].findLast((run) => run.outcome === undefined)
  return { runs, found, outstanding: [...changes.values()].reverse(), ...(openRun && { openRun }) }
}
