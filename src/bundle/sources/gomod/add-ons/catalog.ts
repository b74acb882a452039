import { AgentError } from '../../../../base/agent-error.ts'
import type { GoAddOn } from './go-add-on.ts'
import { localPath } from './local-path.ts'
import { metricsServer } from './metrics-server.ts'
import { victoriaLogs } from './victoria-logs.ts'
import { victoriaMetrics } from './victoria-metrics.ts'

/** The add-ons that can be built from Go modules, by id. */
export const GO_ADD_ONS: ReadonlyMap<string, GoAddOn> = new Map(
  [localPath, victoriaMetrics, victoriaLogs, metricsServer].map((each) => [each.description.id, each]),
)

/** Of the blueprint with this name. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  'default-upstream': [...GO_ADD_ONS.keys()],
  edge: ['metrics-server'],
}

/** The add-ons with these ids, or of these blueprints, each once. Throws AgentError for another name. */
export function goAddOns(names: readonly string[]): GoAddOn[] {
  const ids = new Set(names.flatMap((name) => SETS[name] ?? [name]))
  return [...ids].map((id) => {
    const found = GO_ADD_ONS.get(id)
    if (found) return found
    const known = [...Object.keys(SETS), ...GO_ADD_ONS.keys()].join(', ')
    throw new AgentError('usage/option', `--with has ${id}, which cannot be built from Go modules`, {
      fix: `pass one of ${known}; an add-on of your own is taken with --add-on DIRECTORY`,
      kind: 'invalid',
    })
  })
}
