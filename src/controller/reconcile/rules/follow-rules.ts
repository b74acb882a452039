import { byRule } from '../../audit/by-rule.ts'
import type { Draft } from '../../domain/draft.ts'
import { nodeIn } from '../../domain/draft.ts'
import { followingsOf, type NodeDecision } from '../../domain/rules/follow.ts'
import { type ProvisionDecision, provisioningOf } from '../../domain/rules/provision.ts'
import type { Situation } from '../../domain/situation.ts'
import type { HasBundles } from '../../ports.ts'
import { setDesired } from '../cluster-state.ts'
import { addStateEvent, markApproved } from '../node-state.ts'

/** Carries out what the rules of the cluster decide. Returns whether there was something. */
export function followRules({ bundles }: HasBundles, draft: Draft, { cluster, members }: Situation): boolean {
  if (cluster.rules === null) return false
  const nodes = members.map(({ node }) => node)
  const ofNodes = [...followingsOf(cluster, nodes).values()].flatMap(({ decision }) => decision ?? [])
  const reason = 'a rule of the cluster'
  for (const decision of ofNodes) byRule(draft, `${decision.kind}ByRule`, reason, () => decideNode(draft, decision))
  if (ofNodes.length > 0) return true
  const { kubernetesVersion } = cluster.settings
  const hasBundle = (arch: 'x64' | 'arm64') => bundles.pick(kubernetesVersion, arch) !== undefined
  const { decision } = provisioningOf({ cluster, members }, hasBundle)
  if (decision) byRule(draft, 'provisionByRule', reason, () => provision(draft, decision))
  return decision !== null
}

function decideNode(draft: Draft, decision: NodeDecision): void {
  const node = nodeIn(draft, decision.nodeId)
  if (!node) return
  if (decision.kind === 'approve') {
    markApproved(draft, node)
    return
  }
  const { attempt } = draft.cluster
  const configuredAt = draft.now.toISOString()
  draft.setNode(node.id, { ...decision.to, state: 'CONFIGURED', ruling: 'followed', configuredAt, attempt })
  addStateEvent(draft, node.id)
}

function provision(draft: Draft, decision: ProvisionDecision): void {
  if (decision.kind === 'start') {
    setDesired(draft, { desired: 'provision' })
    return
  }
  // Of an earlier attempt, they take part in the current one, in which nothing else is retried or repaired.
  for (const id of decision.nodeIds) draft.setNode(id, { attempt: draft.cluster.attempt - 1 })
}
