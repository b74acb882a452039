import type { ErrorReport } from '../../../base/agent-error.ts'
import type { Draft } from '../../domain/draft.ts'
import type { Cluster } from '../../domain/records.ts'
import type { Situation } from '../../domain/situation.ts'
import { halted } from '../../domain/upgrade/follow-runs.ts'
import type { UpgradeDecision } from '../../domain/upgrade/steer.ts'
import { withNode } from '../../domain/upgrade/upgrade.ts'
import { keepEndpoint } from '../keep-endpoint.ts'

export const withVersion = (cluster: Cluster, kubernetesVersion: string | undefined): Cluster =>
  kubernetesVersion === undefined ? cluster : { ...cluster, settings: { ...cluster.settings, kubernetesVersion } }

export function setUpgrade(
  draft: Draft,
  situation: Situation,
  { upgrade, version, endpoint }: UpgradeDecision & { kind: 'upgrade' },
): void {
  if (endpoint !== undefined) keepEndpoint(draft, situation, endpoint)
  const { settings } = withVersion(draft.cluster, version)
  draft.setCluster(version === undefined ? { upgrade } : { upgrade, settings })
}

/** The node cannot get its instruction: it is still due, and the upgrade waits for a person. */
export function haltUpgrade(draft: Draft, nodeId: string, error: ErrorReport): void {
  const { upgrade } = draft.cluster
  if (!upgrade) return
  const isItsTurn = upgrade.nodes.some(({ id, phase }) => id === nodeId && phase === 'upgrading')
  const due = isItsTurn ? withNode(upgrade, nodeId, { phase: 'drained' }) : ({ ...upgrade, addOns: 'due' } as const)
  draft.setCluster({ upgrade: halted(due, error) })
}

/** A node that is provisioned again has the version of the cluster. */
export function forgetVersion(draft: Draft, nodeId: string): void {
  const { upgrade } = draft.cluster
  if (!upgrade?.nodes.some(({ id }) => id === nodeId)) return
  draft.setCluster({ upgrade: { ...upgrade, nodes: upgrade.nodes.filter(({ id }) => id !== nodeId) } })
}
