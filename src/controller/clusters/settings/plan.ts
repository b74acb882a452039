import type { ErrorReport } from '../../../base/agent-error.ts'
import type { SettingsPlan } from '../../../protocol/api/clusters/settings.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { changesBetween, restartsOn, type SettingChange } from '../../../protocol/settings/change.ts'
import type { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { isContradictory, problemsIn } from '../../domain/admission.ts'
import type { ClusterData } from '../../domain/draft.ts'
import { unavailableOf } from '../../domain/max-unavailable.ts'
import type { Cluster } from '../../domain/records.ts'
import { admitLabelCount, admitLabels } from '../../domain/settings/labels.ts'
import { admitMirrors } from '../../domain/settings/mirrors.ts'
import { rolloutOf } from '../../domain/settings/rollout.ts'
import { admitSubnets } from '../../domain/settings/subnets.ts'
import { isMaster, mayHaveKubernetes } from '../../domain/shape.ts'
import type { Member } from '../../domain/situation.ts'
import { upgradeActive } from '../../domain/upgrade/active.ts'
import type { Upgrade } from '../../domain/upgrade/record.ts'
import { situationOf } from '../../reconcile/situation-of.ts'
import { agentProblems, inOrder, type Planning, readinessProblems, restoreProblems } from '../upgrade/plan.ts'

export type Planned = SettingsPlan & { rollout: Upgrade | null }

/** What a change to these settings would do, and all that prevents it. */
export function planChange(
  ports: Planning,
  data: ClusterData,
  after: ClusterSettings,
  maxUnavailable: string,
): Planned {
  const { cluster, nodes } = data
  const changes = changesBetween(cluster.settings, after)
  const isRunning = cluster.desired !== 'none' || nodes.some(mayHaveKubernetes)
  const situation = situationOf(ports, data)
  const members = isRunning ? inOrder(situation) : []
  const rollout = rolloutOf(cluster, members, { changes, maxUnavailable, now: situation.now })
  const problems = [
    ...valueProblems(data, after, isRunning),
    ...(isRunning ? fixedProblems(cluster, changes) : []),
    ...(isRunning && (rollout !== null || changes.some(({ isSent }) => isSent))
      ? [
          ...[upgradeActive(cluster) ?? []].flat(),
          ...restoreProblems(situation),
          ...readinessProblems(situation, members),
          ...(rollout === null ? [] : agentProblems(ports, { ...cluster, settings: after }, members)),
        ]
      : []),
  ]
  return {
    changes: changes.map(({ name, change }) => ({ name, class: change.class })),
    nodes: rollout === null ? [] : planned(rollout, changes, members),
    addOns: rollout?.addOns === 'due',
    problems,
    rollout,
  }
}

function planned(
  rollout: Upgrade,
  changes: readonly SettingChange[],
  members: readonly Member[],
): SettingsPlan['nodes'] {
  const due = members.filter(({ node }) => rollout.nodes.some(({ id, phase }) => id === node.id && phase !== 'done'))
  const workers = due.filter((member) => !isMaster(member))
  const atOnce = unavailableOf(rollout.maxUnavailable, workers.length)
  return due.map((member) => ({
    name: member.node.name,
    role: isMaster(member) ? 'master' : 'worker',
    wave: isMaster(member) ? 0 : 1 + Math.floor(workers.indexOf(member) / atOnce),
    restarts: restartsOn(changes, { name: member.node.name, isMaster: isMaster(member) }),
  }))
}

function fixedProblems({ name: cluster }: Cluster, changes: readonly SettingChange[]): ErrorReport[] {
  return changes.flatMap(({ name, change }) => {
    if (change.class !== 'never') return []
    const message = `${name} of cluster ${cluster} cannot change while it has nodes: ${change.because}`
    return [{ code: 'settings/fixed', message, fix: `omit ${name}` }]
  })
}

function valueProblems(
  { cluster: { name }, nodes }: ClusterData,
  after: ClusterSettings,
  isRunning: boolean,
): ErrorReport[] {
  const both = nodes.find(({ roles, state }) => state !== 'REMOVED' && isContradictory(after, roles))
  const contradictory = {
    code: 'roles/contradictory',
    message: `found node ${both?.name} with the roles master and worker; wanted master alone in cluster ${name} with dedicated masters`,
    ...remedy`${{ do: 'node.configure', roles: ['master'] }}`,
  }
  return [
    ...(isRunning ? [] : problemsIn(() => admitSubnets(after))),
    ...problemsIn(() => admitLabels(after.labels)),
    ...problemsIn(() =>
      admitLabelCount(
        after.labels,
        nodes.filter(({ state }) => state !== 'REMOVED'),
      ),
    ),
    ...problemsIn(() => admitMirrors(after)),
    ...(both ? [contradictory] : []),
  ]
}
