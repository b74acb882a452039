import type { Machine } from '../../host/machine.ts'
import type { Undo, UndoKind } from '../../host/undo.ts'

export type UndoOf<K extends UndoKind> = Extract<Undo, { kind: K }>

/** Left on purpose: what is there now is not, or not only, what we made. Nothing: it is as it was before. */
export type UndoResult = { kept: string } | undefined

/** Already as it was before is fine. Throws an AgentError, with its fix, for what is left over. */
export type CarryOut<K extends UndoKind> = (undo: UndoOf<K>, machine: Machine) => Promise<UndoResult>
