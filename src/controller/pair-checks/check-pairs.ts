import type { PairReport } from '../../protocol/api/pair-report.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { refusal } from '../domain/admission.ts'
import { type ClusterData, hasOpenRun, present } from '../domain/draft.ts'
import { newId } from '../domain/ids.ts'
import type { Cluster, Node } from '../domain/records.ts'
import type { HasAuthority, HasClock, HasPairChecks, HasPresence, HasStore } from '../ports.ts'
import { Campaign } from './campaign.ts'
import { judge, type LeftOut } from './judge.ts'
import type { PairNode } from './needs.ts'
import { planPairs } from './plan.ts'

type Ports = HasStore & HasClock & HasAuthority & HasPresence & HasPairChecks

/**
 * Makes the connected nodes of a cluster listen and dial each other, and judges their answers. A cluster has one running
 * pair check at most. It changes nothing on the nodes, which close their ports when it ends or is aborted.
 */
export async function checkPairs(ports: Ports, cluster: Cluster, signal: AbortSignal): Promise<PairReport> {
  const check = newId('p')
  const data = await ports.store.load(cluster.id)
  const { nodes, leftOut } = data ? membersOf(ports, data) : { nodes: [], leftOut: [] }
  if (nodes.length < 2) throw tooFew(cluster, nodes, leftOut)
  if ([...ports.pairChecks.values()].some(({ clusterId }) => clusterId === cluster.id)) {
    throw refusal(
      'pair-check/busy',
      `a pair check of cluster ${cluster.name} is already running`,
      'retry in half a minute',
    )
  }
  const plan = planPairs(nodes, cluster.settings.cni, cluster.id)
  const at = ports.now().toISOString()
  const beganMs = performance.now()
  const campaign = new Campaign({
    plan,
    check,
    sign: (order) => ports.authority.signInstruction(JSON.stringify(order)),
    send: (node, body) => ports.presence.send(node, 'pair-check', body),
    now: ports.now,
    monotonicMs: () => performance.now(),
    signal,
  })
  ports.pairChecks.set(check, { clusterId: cluster.id, campaign })
  try {
    const answers = await campaign.run()
    const ms = Math.round(performance.now() - beganMs)
    const report = { cluster: cluster.name, at, ms, ...judge(plan, answers, leftOut) }
    await ports.store.commit([{ change: 'set-cluster', id: cluster.id, to: { pairs: report } }])
    return report
  } finally {
    ports.pairChecks.delete(check)
  }
}

function membersOf(ports: HasPresence, data: ClusterData): { nodes: PairNode[]; leftOut: LeftOut[] } {
  const nodes: PairNode[] = []
  const leftOut: LeftOut[] = []
  const nameOf = ({ name, id }: Node) => `${name} ${id}`
  for (const node of present(data).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const reason = whyNot(ports, data, node)
    if (reason) leftOut.push({ name: node.name, ...reason })
    else nodes.push({ ...pairNode(node), handsOn: handsOn(ports, data, node) })
  }
  return { nodes, leftOut }
}

function whyNot(ports: HasPresence, data: ClusterData, node: Node): Omit<LeftOut, 'name'> | undefined {
  if (node.state === 'DISCOVERED') {
    return { because: 'left out: it is not approved', fix: remedy`${{ do: 'node.approve', node: node.name }}`.fix }
  }
  if (!ports.presence.isConnected(node.id)) {
    return {
      because: 'left out: it is not connected',
      fix: remedy`on ${node.name}: ${{ do: 'shell', command: 'agent status', on: node.name }}`.fix,
    }
  }
  if (hasOpenRun(data, node.id)) {
    return { because: 'left out: it has an open run, which needs the ports', fix: 'retry when the run has ended' }
  }
  return undefined
}

function handsOn({ presence }: HasPresence, { cluster }: ClusterData, { id }: Node): boolean {
  const { peerUploads = 'none' } = cluster.settings
  return peerUploads !== 'none' && presence.capabilitiesOf(id)?.includes('frame/pieces') === true
}

function pairNode({ id, name, address, interface: chosen, facts, roles, state }: Node): PairNode {
  const current = facts?.interfaces.find(({ addresses }) => addresses.some((each) => each.address === address))
  const isTaken = state !== 'APPROVED' && state !== 'CONFIGURED'
  return { id, name, address, interface: chosen ?? current?.name ?? null, roles, isTaken }
}

function tooFew({ name }: Cluster, nodes: readonly PairNode[], leftOut: readonly LeftOut[]) {
  const why = leftOut.map((each) => `${each.name} ${each.because}`).join('; ')
  const message = `cluster ${name} has ${nodes.length} nodes for a pair check${why && ` (${why})`}; wanted at least two`
  return refusal('pair-check/too-few', message, leftOut[0]?.fix ?? 'install the agent on another machine')
}
