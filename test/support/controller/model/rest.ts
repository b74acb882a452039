import { resetCluster } from '../../../../src/controller/clusters/cluster-commands.ts'
import { approve, remove } from '../../../../src/controller/nodes/node-commands.ts'
import { visibleClusterState } from '../../../../src/controller/reconcile/cluster-state.ts'
import type { NodeRole } from '../../../../src/protocol/names.ts'
import { clusterOf, configureNode, enrol, nodesOf, orRefused, pass, provision, report } from './events.ts'
import { receive, send, work } from './machine.ts'
import { goOnRetiring, leftInside } from './masters.ts'
import { contradictions } from './truths.ts'
import type { World } from './world.ts'

const ROUNDS = 60

/**
 * From now on nothing fails, and somebody does what the controller's errors tell him to. Whatever has happened before,
 * all nodes that have a role become READY in the end; throws where they do not. Answers how many events that took.
 */
export async function bringToRest(world: World): Promise<number> {
  for (const machine of world.machines.values()) machine.isOnline = !machine.isDead
  pass(world, 150_000)
  await removeDead(world)
  let events = await goOn(world)
  for (let attempt = 0; attempt < 6; attempt++) {
    const refused = await bringUp(world)
    events += await goOn(world)
    if (isAtRest(world)) {
      const [cluster] = nodesOf(world).flatMap(({ id }) => world.machines.get(id)?.kubernetes?.cluster ?? [])
      const left = leftInside(world, cluster ?? '')
      if (left.length > 0) throw new Error(`the cluster still has: ${left.join(', ')}`)
      return events
    }
    const { error, state } = clusterOf(world)
    const mustReset = [refused, error?.code].some((code) => code === 'masters/lost' || code === 'masters/endpoint')
    if (mustReset || state === 'RESETTING' || attempt === 3) {
      resetCluster(world.core, clusterOf(world))
      events += await goOn(world)
    }
  }
  const nodes = nodesOf(world).map(({ name, state, roles, error }) => `${name} ${state} ${roles} ${error?.code ?? ''}`)
  throw new Error(`stuck: ${clusterOf(world).state} ${clusterOf(world).error?.code ?? ''}: ${nodes.join('; ')}`)
}

/** By force only where nobody could take it out. */
async function removeDead(world: World): Promise<void> {
  for (const node of nodesOf(world)) {
    if (!world.machines.get(node.id)?.isDead) continue
    const refused = await orRefused(() => remove(world.core, node, false))
    if (refused !== undefined) remove(world.core, node, true)
  }
}

function isAtRest(world: World): boolean {
  const nodes = nodesOf(world)
  return visibleClusterState(clusterOf(world)) === 'READY' && nodes.every(({ state }) => state === 'READY')
}

/** Lets all nodes in, with an odd number of masters, and asks for the cluster. Answers why that was refused. */
async function bringUp(world: World): Promise<string | undefined> {
  const { core } = world
  if (nodesOf(world).length === 0) enrol(world)
  for (const node of nodesOf(world)) {
    const refused = node.state === 'DISCOVERED' ? await orRefused(() => approve(core, node)) : undefined
    if (refused !== undefined) remove(core, node, true)
  }
  const role = async (id: string, roles: NodeRole[]) => {
    const node = core.store.nodes.get(id)
    if (node) await configureNode(world, node, roles)
  }
  for (const { id, state } of nodesOf(world)) if (state === 'APPROVED') await role(id, ['worker'])
  const masters = () => nodesOf(world).filter(({ roles }) => roles.includes('master'))
  const spare = () => nodesOf(world).filter(({ state }) => state === 'CONFIGURED')
  const [first] = spare().filter(({ roles }) => !roles.includes('master'))
  if (masters().length % 2 === 0 && first) await role(first.id, ['master'])
  if (masters().length % 2 === 0) {
    const [extra] = spare().filter(({ roles }) => roles.includes('master'))
    if (extra) await role(extra.id, ['worker'])
  }
  return provision(world)
}

/** Until nothing changes any more. */
async function goOn(world: World): Promise<number> {
  let events = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const machine of world.machines.values()) {
      if (world.core.store.nodes.get(machine.id)?.state === 'REMOVED') continue
      receive(world, machine)
      await work(world, machine, true)
      for (let at = 0; at < 3; at++) send(world, machine)
      events += 3
    }
    while (world.retiring.length > 0) await goOnRetiring(world, true)
    await new Promise((resolve) => setImmediate(resolve))
    pass(world, 1_000)
    report(world, true)
    const wrong = contradictions(world)
    if (wrong.length > 0) throw new Error(wrong.join('; '))
  }
  return events
}
