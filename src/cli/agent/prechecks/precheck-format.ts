import type { PlannedStep } from '../../../engine/plan-role.ts'
import type { Prechecked } from './run-prechecks.ts'

export const PRECHECK_FORMATS = ['text', 'json', 'junit'] as const
export type PrecheckFormat = (typeof PRECHECK_FORMATS)[number]

/** What `--fix` did, where it was given. */
interface Report {
  mended?: readonly PlannedStep[]
}

/** How the outcome of the prechecks is written: `text`, `json` or `junit`. Colours are for terminals that have them. */
export async function precheckFormat(
  output: PrecheckFormat,
  color = true,
): Promise<(prechecked: Prechecked, report?: Report) => string> {
  switch (output) {
    case 'json': {
      const { precheckJson } = await import('../../../report/prechecks/precheck-json.ts')
      return ({ results, ms }, { mended } = {}) => {
        const told = mended?.map(({ id, title, changes }) => ({ id, title, changes }))
        return precheckJson(results, ms, told && { mended: told })
      }
    }
    case 'junit': {
      const { precheckJunit } = await import('../../../report/prechecks/precheck-junit.ts')
      return ({ results }) => precheckJunit(results)
    }
    case 'text': {
      const { precheckTable } = await import('../../../report/prechecks/precheck-table.ts')
      const colour = color && process.stdout.isTTY === true && process.stdout.hasColors()
      return ({ results }) => precheckTable(results, { colour })
    }
  }
}
