import type { Change } from '../host/change.ts'

/** As engine/event.ts has it; `undone` ends a run that took others back. */
export type RunOutcome = 'done' | 'failed' | 'indeterminate' | 'cancelled'

/** What a machine's ledger says. Plain data that later versions must still read: add kinds, never change one. */
export type Entry =
  | { kind: 'run-begun'; run: string; role: string; at: string }
  | { kind: 'started'; run: string; step: string }
  /** Written before the change is made: it may not have come to it. */
  | ({ kind: 'change'; run: string; step: string } & Pick<Change, 'what' | 'undo'> & { change: Change['kind'] })
  | { kind: 'done'; run: string; step: string }
  | { kind: 'ended'; run: string; outcome: RunOutcome; at: string }
  /** A precheck had failed, and somebody wanted to go on all the same. */
  | { kind: 'check-ignored'; check: string; found: string; reason: string; at: string }
  /** The change with that sequence number was taken back, or there is good reason to leave it. */
  | { kind: 'undone'; change: number; kept?: string }
  /** By what other programs recorded, these are what the undo of that change is about to remove; their records may go before them. */
  | { kind: 'found'; change: number; names: string[] }
  /** So many records are missing in all, found on opening; what was readable of them lies in `file`. */
  | { kind: 'damage'; missing: number; file?: string }

/** Sequence numbers grow by one from record to record, so that a gap is seen. */
export type Numbered<E extends Entry = Entry> = E & { seq: number }
export type ChangeEntry = Extract<Entry, { kind: 'change' }>
