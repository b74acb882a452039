import type { Machine } from '../../host/machine.ts'
import type { Undo, UndoKind } from '../../host/undo.ts'

export type UndoOf<K extends UndoKind> = Extract<Undo, { kind: K }>

/** Undefined: undone, with nothing more to report. */
export type UndoResult =
  | {
      /** Kept on purpose, and why: it was changed since, or is shared with others. */
      kept?: string
      /** Removed objects of other programs, one by one. */
      removed?: readonly string[]
    }
  | undefined

/** Objects that records of other programs attribute to this cluster. Those records may be gone by the next try. */
export interface Found {
  /** Found by an earlier try. */
  known: readonly string[]
  /** Durable when it resolves. Remove the objects only then. */
  record(names: string[]): Promise<void>
  /** Whether the volumes of pods are erased. */
  wipeStorage?: boolean
}

/** Idempotent. Throws an AgentError for what could not be undone. */
export type CarryOut<K extends UndoKind> = (undo: UndoOf<K>, machine: Machine, found: Found) => Promise<UndoResult>

export function resultOf(removed: readonly string[], kept?: string): UndoResult {
  if (removed.length === 0 && kept === undefined) return undefined
  return { ...(kept !== undefined && { kept }), ...(removed.length > 0 && { removed }) }
}
