import { minorsAhead } from '../../protocol/kubernetes-version.ts'
import type { UpgradeFinding } from '../../protocol/wire/operation.ts'
import { blocks } from './finding.ts'

/** An API that clients requested since the API server started, and that a later release does not have. */
export interface DeprecatedApi {
  group: string
  version: string
  resource: string
  /** `1.25` */
  removedRelease: string
}

const METRIC = 'apiserver_requested_deprecated_apis'

/** Reads the metrics of an API server. An API without a release of removal is not listed. */
export function deprecatedApis(metrics: string): DeprecatedApi[] {
  return metrics.split('\n').flatMap((line) => {
    const [, labels, value] = new RegExp(`^${METRIC}\\{([^}]*)\\} (\\S+)`).exec(line) ?? []
    if (labels === undefined || Number(value) !== 1) return []
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
    const removedRelease = label('removed_release')
    if (removedRelease === '') return []
    return [{ group: label('group'), version: label('version'), resource: label('resource'), removedRelease }]
  })
}

/** Of those, the ones that the version does not have. Each API once, whichever API servers saw it. */
export function removedApiFindings(apis: readonly DeprecatedApi[], version: string): UpgradeFinding[] {
  const gone = apis.filter(({ removedRelease }) => minorsAhead(`v${removedRelease}.0`, version) >= 0)
  const byName = new Map(gone.map((api) => [`${api.resource} ${api.group}/${api.version}`, api]))
  return [...byName.values()].map(({ group, version: apiVersion, resource, removedRelease }) => {
    const name = `${resource} in ${group === '' ? apiVersion : `${group}/${apiVersion}`}`
    const message = `clients request ${name}, which Kubernetes v${removedRelease} and later do not have; wanted no such request since the API servers started`
    const fix = `find the clients in the audit log of Kubernetes (k8s.io/removed-release: "${removedRelease}"), move them to a later version of the API, then restart the API servers, which forget earlier requests only then`
    return blocks('upgrade/removed-api', message, fix)
  })
}
