import type { Undo } from '../../host/undo.ts'
import { isOfPreparation } from '../../ledger/baked.ts'
import type { ChangeEntry } from '../../ledger/entry.ts'

const OF_A_FILE: readonly Undo['kind'][] = ['remove-path', 'restore-file', 'restore-link']

type Changes = readonly Pick<ChangeEntry, 'step' | 'undo'>[]

/** Whether one of these changes created or replaced the file, so that its undo brings back what was there before. */
export function hasUndo(changes: Changes, path: string): boolean {
  return changes.some(({ undo }) => OF_A_FILE.includes(undo.kind) && 'path' in undo && undo.path === path)
}

/** The same on a machine: what is part of its image, or was prepared, was there before, and has to be kept when it is replaced. */
export function hasUndoOfNode(changes: Changes, path: string): boolean {
  const ofNode = changes.filter(({ step }) => !isOfPreparation(step))
  return hasUndo(ofNode, path)
}
