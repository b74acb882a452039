import type { Machine } from '../../host/machine.ts'
import type { Undo, UndoKind } from '../../host/undo.ts'

export type UndoOf<K extends UndoKind> = Extract<Undo, { kind: K }>

/** Nothing: it is as it was before, and was so already or is told by the undo itself. */
export type UndoResult =
  | {
      /** Left on purpose, and why: what is there now is not, or not only, what we made. */
      kept?: string
      /** What was removed of what other programs had made, one by one. */
      removed?: readonly string[]
    }
  | undefined

/** What is ours by the records of other programs, which may be gone by the next try. */
export interface Found {
  /** By an earlier try. */
  known: readonly string[]
  /** Durable when it resolves, and only then to be removed. */
  record(names: string[]): Promise<void>
}

/** Already as it was before is fine. Throws an AgentError, with its fix, for what is left over. */
export type CarryOut<K extends UndoKind> = (undo: UndoOf<K>, machine: Machine, found: Found) => Promise<UndoResult>

export function resultOf(removed: readonly string[], kept?: string): UndoResult {
  if (removed.length === 0 && kept === undefined) return undefined
  return { ...(kept !== undefined && { kept }), ...(removed.length > 0 && { removed }) }
}
