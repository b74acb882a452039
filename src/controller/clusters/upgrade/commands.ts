import { AgentError } from '../../../base/agent-error.ts'
import type { UpgradePlan, UpgradeRequest } from '../../../protocol/api/clusters/upgrades.ts'
import type { OperationOrder } from '../../../protocol/wire/operation.ts'
import { clusterGone, refusal, refusalFor } from '../../domain/admission.ts'
import type { Draft } from '../../domain/draft.ts'
import type { Cluster } from '../../domain/records.ts'
import { nodeInChange } from '../../domain/upgrade/change-all.ts'
import { cancelled, paused, resumed } from '../../domain/upgrade/control.ts'
import type { Upgrade } from '../../domain/upgrade/record.ts'
import { isActive, phasesFor, unfinishedIn } from '../../domain/upgrade/upgrade.ts'
import { type Reconciling, reconcile } from '../../reconcile/reconcile.ts'
import { connectedMasters, situationOf } from '../../reconcile/situation-of.ts'
import { shared } from '../shared-answer.ts'
import { type Planned, planOn } from './plan.ts'

type Id = Pick<Cluster, 'id' | 'name'>

/** The plan of an upgrade, with what a master finds that it would break. */
export async function planUpgrade(
  ports: Reconciling,
  { id, name }: Id,
  { to, maxUnavailable, groupBy }: Pick<UpgradeRequest, 'to' | 'maxUnavailable' | 'groupBy'>,
): Promise<UpgradePlan> {
  await ports.bundles.refresh()
  const groups = await groupsOf(ports, id, groupBy)
  const data = await ports.store.load(id)
  if (!data) throw clusterGone(name)
  const { members: _, ...plan } = planOn(ports, data, { to, maxUnavailable, groups })
  const [version] = plan.rounds
  const findings = version === undefined ? null : await findingsOf.get(ports, id, version).answer
  return { ...plan, findings }
}

type Groups = ReadonlyMap<string, string>

/** The values of the label by the names of the nodes, as a master tells them. They are fixed when the upgrade begins. */
async function groupsOf(ports: Reconciling, id: string, label: string | undefined): Promise<Groups> {
  if (label === undefined) return new Map()
  const answer = await askMasters(ports, id, { operation: 'node-labels', label })
  if (answer?.outcome === 'done') return new Map(answer.labels?.map(({ node, value }) => [node, value]))
  if (answer?.outcome === 'failed') throw new AgentError(answer.error.code, answer.error.message, answer.error)
  const found = answer === undefined ? 'no master is connected' : `it waits for ${answer.waitingFor}`
  throw refusal('upgrade/not-ready', `the labels of the nodes are unknown: ${found}`, 'retry, or omit --group-by')
}

async function askMasters(ports: Reconciling, id: string, order: OperationOrder) {
  const data = await ports.store.load(id)
  const masters = data ? connectedMasters(ports, situationOf(ports, data).members) : []
  return (await ports.operations.ask(ports, masters, order))?.answer
}

/** By the id of the cluster, and the version. */
const findingsOf = shared(async (ports: Reconciling, id: string, version: string): Promise<UpgradePlan['findings']> => {
  const answer = await askMasters(ports, id, { operation: 'check-upgrade', version })
  return answer?.outcome === 'done' ? (answer.findings ?? []) : null
})

/** Throws if something prevents it. The cluster is checked by a master before the first node is changed. */
export async function startUpgrade(ports: Reconciling, { id, name }: Id, request: UpgradeRequest): Promise<void> {
  await ports.bundles.refresh()
  const groups = await groupsOf(ports, id, request.groupBy)
  const done = await reconcile(ports, id, (draft) => startIn(ports, draft, request, groups))
  if (!done) throw clusterGone(name)
}

export function startIn(
  ports: Parameters<typeof planOn>[0],
  draft: Draft,
  request: UpgradeRequest,
  groups: Groups = new Map(),
): void {
  const plan = planOn(ports, draft, { ...request, groups })
  const [problem] = plan.problems
  if (problem) throw refusalFor(problem)
  draft.setCluster({ upgrade: begun(draft, plan, request, groups) })
}

function begun(
  { cluster, now }: Draft,
  { from, rounds, members }: Planned,
  request: UpgradeRequest,
  groups: Groups,
): Upgrade {
  const nodes = members.map(({ node }) => ({
    ...nodeInChange(cluster, node),
    group: groups.get(node.name) ?? null,
  }))
  const unfinished = unfinishedIn(cluster.upgrade)
  return phasesFor({
    ...{ from, rounds, round: 0, state: 'running', isChecked: false, addOns: 'due', etcd: null },
    ...{
      maxUnavailable: request.maxUnavailable,
      drain: { seconds: request.drainSeconds, onBlocked: request.onBlocked },
    },
    ...(unfinished && { unfinished }),
    ...{ nodes, waitingFor: null, error: null, beganAt: now.toISOString(), endedAt: null },
  })
}

export const pauseUpgrade = (ports: Reconciling, id: Id) => changed(ports, id, ['running'], paused)
export const cancelUpgrade = (ports: Reconciling, id: Id) =>
  changed(ports, id, ['running', 'paused', 'failed'], cancelled)
export const resumeUpgrade = (ports: Reconciling, id: Id) => changed(ports, id, ['paused', 'failed'], resumed)

async function changed(
  ports: Reconciling,
  { id, name }: Id,
  from: readonly Upgrade['state'][],
  to: (upgrade: Upgrade, now: Date) => Upgrade,
): Promise<void> {
  const done = await reconcile(ports, id, (draft) => {
    const { upgrade } = draft.cluster
    if (!isActive(upgrade)) {
      throw refusal('upgrade/none', `cluster ${name} is not being upgraded`, 'none needed')
    }
    // A repeated request changes nothing.
    if (from.includes(upgrade.state)) draft.setCluster({ upgrade: to(upgrade, draft.now) })
  })
  if (!done) throw clusterGone(name)
}
