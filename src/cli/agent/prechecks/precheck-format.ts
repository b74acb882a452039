import type { PlannedStep } from '../../../engine/plan-workflow.ts'
import type { Prechecked } from './run-prechecks.ts'

export const PRECHECK_FORMATS = ['text', 'json', 'junit'] as const
export type PrecheckFormat = (typeof PRECHECK_FORMATS)[number]

interface Report {
  /** The changes of `--fix`. */
  mended?: readonly PlannedStep[]
}

/** Formats the results of the prechecks as `text`, `json` or `junit`. Colours are used on terminals that support them. */
export async function precheckFormat(
  output: PrecheckFormat,
  color = true,
): Promise<(prechecked: Prechecked, report?: Report) => string> {
  switch (output) {
    case 'json': {
      const { precheckJson } = await import('../../../report/prechecks/precheck-json.ts')
      return ({ results, ms }, { mended } = {}) => {
        const fixes = mended?.map(({ id, title, changes }) => ({ id, title, changes }))
        return precheckJson(results, ms, fixes && { mended: fixes })
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
