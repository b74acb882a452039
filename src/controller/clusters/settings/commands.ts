import type { ChangeSettingsRequest, SettingsPlan } from '../../../protocol/api/clusters/settings.ts'
import type { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { checkOverrides } from '../../../provision/kubeadm/overrides.ts'
import { clusterGone, refusalFor } from '../../domain/admission.ts'
import type { Draft } from '../../domain/draft.ts'
import type { Cluster } from '../../domain/records.ts'
import { type Reconciling, reconcile } from '../../reconcile/reconcile.ts'
import type { Planning } from '../upgrade/plan.ts'
import { settingsAfter } from './after.ts'
import { planChange } from './plan.ts'

/** Changes settings of a cluster, and tells its nodes. With `dryRun` nothing is changed. Throws if something prevents it. */
export async function changeSettings(
  ports: Reconciling,
  { id, name }: Pick<Cluster, 'id' | 'name'>,
  { settings, maxUnavailable }: ChangeSettingsRequest,
  dryRun: boolean,
): Promise<SettingsPlan> {
  await checkOverrides(settings.overrides)
  if (dryRun) {
    const data = await ports.store.load(id)
    if (!data) throw clusterGone(name)
    return shown(planChange(ports, data, settingsAfter(data.cluster.settings, settings), maxUnavailable))
  }
  const done = await reconcile(ports, id, (draft) =>
    changeIn(ports, draft, settingsAfter(draft.cluster.settings, settings), maxUnavailable),
  )
  if (!done) throw clusterGone(name)
  return done.result
}

/** Puts the change into the draft. Throws the first problem. */
export function changeIn(
  ports: Planning,
  draft: Draft,
  settings: ClusterSettings,
  maxUnavailable: string,
): SettingsPlan {
  const plan = planChange(ports, draft, settings, maxUnavailable)
  const [problem] = plan.problems
  if (problem) throw refusalFor(problem)
  const { rollout } = plan
  if (plan.changes.length > 0 || rollout !== null) draft.setCluster({ settings, ...(rollout && { upgrade: rollout }) })
  return shown(plan)
}

const shown = ({ changes, nodes, addOns, problems }: SettingsPlan): SettingsPlan => ({
  changes,
  nodes,
  addOns,
  problems,
})
