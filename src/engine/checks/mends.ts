import type { Role, Step } from '../step.ts'
import type { CheckParams } from './check.ts'
import type { CheckResult } from './run-checks.ts'

/**
 * The mends of the checks that warned or failed, as one role, so that they are listed, recorded and undone like other
 * changes. Ignored checks are not mended.
 */
export function mendRole(mends: readonly Step<CheckParams>[], results: readonly CheckResult[]): Role<CheckParams> {
  const bad = results.filter(({ verdict, ignored }) => ['warn', 'fail'].includes(verdict) && ignored === undefined)
  const ids = new Set(bad.map(({ id }) => `mend/${id}`))
  return {
    id: 'mend',
    components: [{ id: 'mend', after: [], steps: () => mends.filter(({ id }) => ids.has(id)) }],
  }
}
