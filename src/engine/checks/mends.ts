import type { Role, Step } from '../step.ts'
import type { CheckParams } from './check.ts'
import type { CheckResult } from './run-checks.ts'

/**
 * What can be done about the checks that had something to say: the mend that lies beside each, as one role, so that it is
 * listed, recorded and taken back as everything else. What a person had ignored is left as it is.
 */
export function mendingRole(mends: readonly Step<CheckParams>[], results: readonly CheckResult[]): Role<CheckParams> {
  const bad = results.filter(({ verdict, ignored }) => ['warn', 'fail'].includes(verdict) && ignored === undefined)
  const wanted = new Set(bad.map(({ id }) => `mend/${id}`))
  return {
    id: 'mend',
    components: [{ id: 'mend', after: [], steps: () => mends.filter(({ id }) => wanted.has(id)) }],
  }
}
