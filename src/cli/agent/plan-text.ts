import type { PlannedStep } from '../../engine/plan-workflow.ts'
import { subjectOf } from '../../host/change.ts'

/** For -o json. */
export function planData(steps: readonly PlannedStep[]) {
  return {
    changes: steps.flatMap(({ changes }) => changes.map(({ kind, what, undo }) => ({ kind, what, undo }))),
    unknown: steps.flatMap(({ id, unknown: why }) => (why === undefined ? [] : [{ step: id, why }])),
  }
}

/** The changes that each step would make, and how each is undone. Steps without changes are omitted. */
export function planText(steps: readonly PlannedStep[]): string {
  return steps
    .filter(({ changes, unknown }) => changes.length > 0 || unknown !== undefined)
    .map(({ title, changes, unknown }) => {
      const lines = changes.flatMap(({ kind, what, undo }) => {
        const undone = undo.kind === 'nothing' ? `stays: ${undo.because}` : `undo: ${undo.kind} ${subjectOf(undo)}`
        return [`    ${kind}  ${what}`, `        ${undone}`]
      })
      const more =
        unknown === undefined
          ? []
          : [`    more changes are known only when the run makes them (${unknown.split('\n')[0]})`]
      return `${[title, ...lines, ...more].join('\n')}\n`
    })
    .join('')
}
