import type { Change } from '../host/change.ts'

/** The same outcomes as in engine/event.ts. */
export type RunOutcome = 'done' | 'failed' | 'indeterminate' | 'cancelled'

/** A record of the ledger. Plain data that later versions must still read: add kinds, never change one. */
export type Entry =
  | { kind: 'run-begun'; run: string; role: string; at: string }
  | { kind: 'started'; run: string; step: string }
  /** Written before the change, which may not have been made. */
  | ({ kind: 'change'; run: string; step: string } & Pick<Change, 'what' | 'undo'> & { change: Change['kind'] })
  | { kind: 'done'; run: string; step: string }
  | { kind: 'ended'; run: string; outcome: RunOutcome; at: string }
  /** A precheck failed, and was ignored with --ignore-check. */
  | { kind: 'check-ignored'; check: string; found: string; reason: string; at: string }
  /** The change with this sequence number was undone, or `kept` for this reason. */
  | { kind: 'undone'; change: number; kept?: string }
  /** What the undo of this change is about to remove, found in records of other programs, which it may remove first. */
  | { kind: 'found'; change: number; names: string[] }
  /** On opening, this many records were missing in total. `file` has the damaged bytes. */
  | { kind: 'damage'; missing: number; file?: string }

/** Sequence numbers increase by one from record to record, so that gaps are detected. */
export type Numbered<E extends Entry = Entry> = E & { seq: number }
export type ChangeEntry = Extract<Entry, { kind: 'change' }>
