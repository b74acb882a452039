import type { PlannedStep } from '../../engine/plan-role.ts'
import { subjectOf } from '../../host/change.ts'

/** What each step would change, and how that is taken back. Steps that would change nothing are left out. */
export function planText(steps: readonly PlannedStep[]): string {
  return steps
    .filter(({ changes, unknown }) => changes.length > 0 || unknown !== undefined)
    .map(({ title, changes, unknown }) => {
      const lines = changes.flatMap(({ kind, what, undo }) => {
        const back = undo.kind === 'nothing' ? `stays: ${undo.because}` : `back: ${undo.kind} ${subjectOf(undo)}`
        return [`    ${kind}  ${what}`, `        ${back}`]
      })
      const more =
        unknown === undefined
          ? []
          : [`    more changes are known only when the run makes them (${unknown.split('\n')[0]})`]
      return `${[title, ...lines, ...more].join('\n')}\n`
    })
    .join('')
}
