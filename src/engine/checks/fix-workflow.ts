import type { Step, Workflow } from '../step.ts'
import type { CheckParams } from './check.ts'
import type { CheckResult } from './run-checks.ts'

/** The id of the step that fixes the findings of a check, as in the ledgers and the JSON output of released agents. */
export const fixStepIdOf = (checkId: string) => `mend/${checkId}`

/**
 * The fix steps of the checks that warned or failed, as one workflow, so that they are listed, recorded and undone like any
 * other step. Ignored findings are not fixed.
 */
export function fixWorkflow(
  fixSteps: readonly Step<CheckParams>[],
  results: readonly CheckResult[],
): Workflow<CheckParams> {
  const bad = results.filter(({ verdict, ignored }) => ['warn', 'fail'].includes(verdict) && ignored === undefined)
  const wanted = new Set(bad.map(({ id }) => fixStepIdOf(id)))
  return {
    id: 'mend',
    components: [{ id: 'mend', after: [], steps: () => fixSteps.filter(({ id }) => wanted.has(id)) }],
  }
}
