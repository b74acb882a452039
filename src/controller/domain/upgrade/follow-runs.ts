import type { ErrorReport } from '../../../base/agent-error.ts'
import { fixOf, remedy } from '../../../protocol/api/remedy.ts'
import type { Cluster, Run } from '../records.ts'
import type { Situation } from '../situation.ts'
import { isReadyIn, reportProblem } from './health.ts'
import type { Upgrade, UpgradedNode } from './record.ts'
import { nameOf, type Target, targetsOf, upgradeRunOf, versionFor, withNode } from './upgrade.ts'

/** How long a node may take to be Ready again after its run. */
export const RETURN_MS = 600_000

/** The upgrade after what the runs of its nodes, and the operator, have reported. */
export function followRuns(situation: Situation, upgrade: Upgrade): Upgrade {
  return targetsOf(situation, upgrade).reduce((before, target) => follow(situation, before, target), upgrade)
}

function follow(situation: Situation, upgrade: Upgrade, target: Target): Upgrade {
  const run = upgradeRunOf(target)
  const { its } = target
  if (run?.role === 'add-ons' && upgrade.addOns === 'running') return afterAddOns(situation, upgrade, run)
  if (its.phase === 'upgrading' && run?.role === 'upgrade') return afterRun(situation, upgrade, its, run)
  return its.phase === 'settling' ? settle(situation, upgrade, target) : upgrade
}

function afterAddOns({ cluster }: Situation, upgrade: Upgrade, run: Run): Upgrade {
  if (run.state === 'open') return upgrade
  if (run.state === 'done') return { ...upgrade, addOns: 'done' }
  const again: Upgrade = { ...upgrade, addOns: 'due' }
  return run.state === 'expired' ? again : halted(again, untilResumed(cluster, errorOf(run)))
}

function afterRun({ now, cluster }: Situation, upgrade: Upgrade, its: UpgradedNode, run: Run): Upgrade {
  const { id } = its
  if (run.state === 'open') return upgrade
  if (run.state === 'done') {
    const deadline = new Date(now.getTime() + RETURN_MS).toISOString()
    return withNode(upgrade, id, { phase: 'settling', version: versionFor(upgrade, its), deadline, waitingFor: null })
  }
  // It never began: the node is still due.
  if (run.state === 'expired') return withNode(upgrade, id, { phase: 'waiting', deadline: null })
  return halted(withNode(upgrade, id, { phase: 'drained', deadline: null }), untilResumed(cluster, errorOf(run)))
}

function settle(situation: Situation, upgrade: Upgrade, { its, ...target }: Target): Upgrade {
  const { id, name, deadline } = its
  const waitingFor = returnProblem(situation, { its, ...target })
  // A master uncordons it first.
  if (waitingFor === undefined) {
    return its.isCordoned ? upgrade : withNode(upgrade, id, { phase: 'done', deadline: null, waitingFor: null })
  }
  const told = withNode(upgrade, id, { waitingFor })
  if (deadline === null || situation.now.toISOString() < deadline) return told
  const error = {
    code: 'upgrade/not-ready',
    message: `${nameOf(upgrade)} is done on node ${name}, and after ${RETURN_MS / 60_000} minutes it still waits for ${waitingFor}`,
    ...remedy`see: ${{ do: 'node.logs', node: name }}; once it is Ready: ${{ do: 'cluster.upgrade', cluster: situation.cluster.name, with: 'resume' }}`,
  }
  return halted(withNode(told, id, { deadline: null }), error)
}

/** What the node waits for after its run, until it is back in the cluster. */
export function returnProblem(situation: Situation, { node, ...target }: Target): string | undefined {
  const report = reportProblem(situation, upgradeRunOf(target)?.endedAt ?? '')
  return report ?? (isReadyIn(situation, node.name) ? undefined : `node ${node.name} to be Ready`)
}

/** The error of something that the upgrade has tried, with what to do about the upgrade. */
export function untilResumed({ name }: Pick<Cluster, 'name'>, error: ErrorReport): ErrorReport {
  return { ...error, ...remedy`${fixOf(error)}; then: ${{ do: 'cluster.upgrade', cluster: name, with: 'resume' }}` }
}

/** The upgrade stops: what has begun is finished, and nothing else begins until a person resumes it. */
export function halted(upgrade: Upgrade, error: ErrorReport): Upgrade {
  const isGoingOn = upgrade.state === 'running' || upgrade.state === 'paused'
  return isGoingOn ? { ...upgrade, state: 'failed', error } : upgrade
}

function errorOf(run: Run): ErrorReport {
  const rendered = remedy`see: ${{ do: 'node.logs' }}`
  return run.error ?? { code: `run/${run.state}`, message: `run ${run.id} is ${run.state}`, ...rendered }
}
