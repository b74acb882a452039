import type { Cluster, Node, Run } from '../../../../src/controller/domain/records.ts'
import { takesPart } from '../../../../src/controller/domain/shape.ts'
import { visibleClusterState } from '../../../../src/controller/reconcile/cluster-state.ts'
import { clusterOf, nodesOf } from './events.ts'
import type { World } from './world.ts'

const isReset = (run: Run | undefined) => run?.role === 'reset'

/** What must hold after whatever happened; answers what does not. */
export async function contradictions(world: World): Promise<string[]> {
  const { core, machines } = world
  const nodes = await nodesOf(world)
  const runs = new Map<string, Run[]>()
  for (const { id } of nodes) runs.set(id, await core.store.runsOf(id))
  const last = (node: Node): Run | undefined =>
    runs
      .get(node.id)
      ?.filter(({ repair }) => !repair)
      .at(-1)
  const found = world.wrong.splice(0)
  const must = (isSo: boolean, what: string) => {
    if (!isSo) found.push(what)
  }
  for (const node of nodes) {
    // One that was asked to stop may not hear of it for long.
    const open = (runs.get(node.id) ?? []).filter(({ state, cancel }) => state === 'open' && !cancel)
    must(open.length <= 1, `${node.name} has ${open.length} open runs`)
    const wanted = open[0]?.repair ? 'READY' : 'PROVISIONING'
    must(open.length === 0 || node.state === wanted, `${node.name} is ${node.state} with an open run`)
    must(open.length === 0 || world.asked.has(node.id) || isReset(last(node)), `${node.name} began without being asked`)
    must(node.state !== 'READY' || last(node)?.state === 'done', `${node.name} is READY after ${last(node)?.state}`)
    must(node.state !== 'CONFIGURED' || node.roles.length > 0, `${node.name} is CONFIGURED without a role`)
    must(!['DISCOVERED', 'APPROVED'].includes(node.state) || node.roles.length === 0, `${node.name} keeps its roles`)
  }
  // One that was silent for long had held nobody up, and may be back.
  const changing = nodes.filter((node) => {
    const run = runs.get(node.id)?.at(-1)
    if (run?.state !== 'open' || run.cancel || machines.get(node.id)?.wasAway !== false) return false
    return run.repair ? node.roles.includes('master') : run.role === 'master' && run.progress.invited === true
  })
  must(changing.length <= 1, `${changing.length} masters join or are repaired at once`)
  const ready = nodes.filter(({ state }) => state === 'READY')
  const clusters = new Set(ready.flatMap(({ id }) => machines.get(id)?.kubernetes?.cluster ?? []))
  must(clusters.size <= 1, `READY nodes are of ${clusters.size} clusters: ${[...clusters]}`)
  const cluster = await clusterOf(world)
  const wrong = whatIsWrong(world, cluster, nodes)
  must(visibleClusterState(cluster) !== 'READY' || wrong === undefined, `the cluster is READY, and ${wrong}`)
  const inRepair = nodes.find(({ id, silent, leaving }) => {
    const run = runs.get(id)?.at(-1)
    return run?.repair && run.state === 'open' && silent !== 'unreachable' && leaving === 'no'
  })
  must(
    visibleClusterState(cluster) !== 'READY' || !inRepair,
    `the cluster is READY while ${inRepair?.name} is repaired`,
  )
  must(visibleClusterState(cluster) !== 'DEGRADED' || cluster.report !== null, 'the cluster is DEGRADED by nobody')
  must(cluster.desired === 'provision' || cluster.problems.length === 0, 'a cluster that is not wanted has problems')
  if (cluster.state === 'READY') {
    must(
      ready.some(({ roles }) => roles.includes('master')),
      'the cluster is READY without a master',
    )
  }
  return found
}

/** What nobody may call READY, as far as this world itself has told it, for longer than a moment. */
function whatIsWrong(world: World, cluster: Cluster, nodes: readonly Node[]): string | undefined {
  const { told, clock } = world
  const away = nodes.find((node) => takesPart(node, cluster) && node.silent === 'unreachable')
  if (away) return `${away.name} is away`
  if (!told || cluster.report === null) return undefined
  if (clock.nowMs - told.atMs >= 90_000) return 'nobody tells'
  const downMs = told.dnsDownSinceMs === undefined ? 0 : clock.nowMs - told.dnsDownSinceMs
  return downMs >= 15_000 ? 'its DNS is down' : undefined
}
