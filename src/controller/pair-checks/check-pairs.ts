import type { PairReport } from '../../protocol/api/pair-report.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Core } from '../core.ts'
import { refusal } from '../domain/admission.ts'
import { newId } from '../domain/ids.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { Campaign } from './campaign.ts'
import { judge, type LeftOut } from './judge.ts'
import type { PairNode } from './needs.ts'
import { planPairs } from './plan.ts'

/**
 * Has the connected nodes of a cluster listen and dial each other, and judges what they tell. One at a time for a
 * cluster. Nothing is changed on them; its abort, as its end, has them close what they opened.
 */
export async function checkPairs(core: Core, cluster: Cluster, signal: AbortSignal): Promise<PairReport> {
  const check = newId('p')
  const { nodes, leftOut } = membersOf(core, cluster)
  if (nodes.length < 2) throw tooFew(cluster, nodes, leftOut)
  if ([...core.pairChecks.values()].some(({ clusterId }) => clusterId === cluster.id)) {
    throw refusal('pair-check/busy', `the nodes of ${cluster.name} check each other already`, 'wait half a minute')
  }
  const plan = planPairs(nodes, cluster.settings.cni, cluster.id)
  const at = core.now().toISOString()
  const beganMs = performance.now()
  const campaign = new Campaign({
    plan,
    check,
    sign: (order) => core.authority.signInstruction(JSON.stringify(order)),
    send: (node, body) => core.presence.sendPairCheck(node, body),
    now: core.now,
    monotonicMs: () => performance.now(),
    signal,
  })
  core.pairChecks.set(check, { clusterId: cluster.id, campaign })
  try {
    const told = await campaign.run()
    const ms = Math.round(performance.now() - beganMs)
    const report = { cluster: cluster.name, at, ms, ...judge(plan, told, leftOut) }
    core.store.clusters.update(cluster.id, { pairs: report })
    return report
  } finally {
    core.pairChecks.delete(check)
  }
}

function membersOf(core: Core, cluster: Cluster): { nodes: PairNode[]; leftOut: LeftOut[] } {
  const nodes: PairNode[] = []
  const leftOut: LeftOut[] = []
  for (const node of core.store.nodes.where("cluster_id = ? AND state <> 'REMOVED' ORDER BY name, id", cluster.id)) {
    const reason = whyNot(core, node)
    if (reason) leftOut.push({ name: node.name, ...reason })
    else nodes.push(pairNode(node))
  }
  return { nodes, leftOut }
}

function whyNot(core: Core, node: Node): Omit<LeftOut, 'name'> | undefined {
  if (node.state === 'DISCOVERED') {
    return { because: 'left out: it is not approved', fix: remedy`${{ do: 'node.approve', node: node.name }}`.fix }
  }
  if (!core.presence.isConnected(node.id)) {
    return {
      because: 'left out: it is not connected',
      fix: remedy`on ${node.name}: ${{ do: 'shell', command: 'agent status', on: node.name }}`.fix,
    }
  }
  if (core.store.runs.count("node_id = ? AND state = 'open'", node.id) > 0) {
    return { because: 'left out: a run goes on there, which needs the ports', fix: 'again, once that has ended' }
  }
  return undefined
}

function pairNode({ id, name, address, interface: chosen, facts, roles, state }: Node): PairNode {
  const holder = facts?.interfaces.find(({ addresses }) => addresses.some((each) => each.address === address))
  const isTaken = state !== 'APPROVED' && state !== 'CONFIGURED'
  return { id, name, address, interface: chosen ?? holder?.name ?? null, roles, isTaken }
}

function tooFew({ name }: Cluster, nodes: readonly PairNode[], leftOut: readonly LeftOut[]) {
  const why = leftOut.map((each) => `${each.name} ${each.because}`).join('; ')
  const message = `cluster ${name} has ${nodes.length} nodes that could check each other${why && ` (${why})`}; wanted two`
  return refusal('pair-check/too-few', message, leftOut[0]?.fix ?? 'install the agent on another machine')
}
