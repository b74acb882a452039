import type { Node, Run } from '../../../../src/controller/store/records.ts'
import { clusterOf, nodesOf } from './events.ts'
import type { World } from './world.ts'

const isReset = (run: Run | undefined) => run?.role === 'reset'

/** What must hold after whatever happened; answers what does not. */
export function contradictions(world: World): string[] {
  const { core, machines } = world
  const nodes = nodesOf(world)
  const runs = new Map(
    nodes.map((node) => [node.id, core.store.runs.where('node_id = ? ORDER BY generation', node.id)]),
  )
  const last = (node: Node): Run | undefined => runs.get(node.id)?.at(-1)
  const found = world.wrong.splice(0)
  const must = (isSo: boolean, what: string) => {
    if (!isSo) found.push(what)
  }
  for (const node of nodes) {
    // One that was asked to stop may not hear of it for long.
    const open = (runs.get(node.id) ?? []).filter(({ state, cancel }) => state === 'open' && !cancel)
    must(open.length <= 1, `${node.name} has ${open.length} open runs`)
    must(open.length === 0 || node.state === 'PROVISIONING', `${node.name} is ${node.state} with an open run`)
    must(open.length === 0 || world.asked.has(node.id) || isReset(last(node)), `${node.name} began without being asked`)
    must(node.state !== 'READY' || last(node)?.state === 'done', `${node.name} is READY after ${last(node)?.state}`)
    must(node.state !== 'CONFIGURED' || node.roles.length > 0, `${node.name} is CONFIGURED without a role`)
    must(!['DISCOVERED', 'APPROVED'].includes(node.state) || node.roles.length === 0, `${node.name} keeps its roles`)
  }
  // One that was silent for long had held nobody up, and may be back.
  const joining = nodes.filter((node) => {
    const run = last(node)
    const isInvited = run?.role === 'master' && run.state === 'open' && run.progress.invited === true
    return isInvited && machines.get(node.id)?.wasAway === false
  })
  must(joining.length <= 1, `${joining.length} masters join at once`)
  const ready = nodes.filter(({ state }) => state === 'READY')
  const clusters = new Set(ready.flatMap(({ id }) => machines.get(id)?.kubernetes?.cluster ?? []))
  must(clusters.size <= 1, `READY nodes are of ${clusters.size} clusters: ${[...clusters]}`)
  const cluster = clusterOf(world)
  if (cluster.state === 'READY') {
    must(
      ready.some(({ roles }) => roles.includes('master')),
      'the cluster is READY without a master',
    )
  }
  return found
}
