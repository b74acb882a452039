import { remedy } from '../../protocol/api/remedy.ts'
import { DEFAULT_MAX_UNAVAILABLE } from '../../protocol/api/updates/max-unavailable.ts'
import { placeOf } from '../../protocol/declaration/declaration.ts'
import type { DeclarationPlan, DeclarationProblem } from '../../protocol/declaration/routes.ts'
import { compareVersions } from '../../protocol/kubernetes-version.ts'
import type { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import { type Planning, planOn } from '../clusters/upgrade/plan.ts'
import type { ClusterData } from '../domain/draft.ts'
import { isActive } from '../domain/upgrade/upgrade.ts'

export interface DeclaredVersion extends Pick<DeclarationPlan, 'upgrade' | 'problems'> {
  /** The declared settings, as they can be stored now: an upgrade changes the version when all masters have it. */
  settings: ClusterSettings
  /** The version that the cluster will have. */
  kubernetesVersion: string
}

/** What the declared version means for a cluster: nothing, its first installation, an upgrade, or a refusal. */
export function declaredVersion(ports: Planning, data: ClusterData, declared: ClusterSettings): DeclaredVersion {
  const { cluster } = data
  const { kubernetesVersion: present } = cluster.settings
  const { kubernetesVersion: wanted } = declared
  const unchanged = { upgrade: null, problems: [], settings: { ...declared, kubernetesVersion: present } }
  const isOnTheWay = isActive(cluster.upgrade) && cluster.upgrade.rounds.at(-1) === wanted
  if (wanted === present || isOnTheWay) return { ...unchanged, kubernetesVersion: present }
  // Nothing is installed yet.
  if (cluster.desired === 'none' && cluster.establishedAt === null) {
    return { ...unchanged, settings: declared, kubernetesVersion: wanted }
  }
  const to = { ...unchanged, kubernetesVersion: wanted }
  if (compareVersions(wanted, present) < 0) return { ...to, problems: [lower(cluster.name, wanted, present)] }
  const {
    members: _,
    problems,
    ...upgrade
  } = planOn(ports, data, {
    ...{ to: wanted, maxUnavailable: DEFAULT_MAX_UNAVAILABLE, groups: new Map() },
  })
  const path = placeOf('kubernetesVersion')
  return { ...to, upgrade, problems: problems.map(({ code, message, fix }) => ({ path, code, message, fix })) }
}

function lower(cluster: string, wanted: string, present: string): DeclarationProblem {
  return {
    path: placeOf('kubernetesVersion'),
    code: 'upgrade/version',
    message: `found ${wanted}; cluster ${cluster} has ${present}, and Kubernetes cannot be downgraded`,
    ...remedy`write ${present}; to see what a later version would change: ${{ do: 'cluster.upgrade', cluster, with: 'dry-run', to: 'VERSION' }}`,
  }
}
