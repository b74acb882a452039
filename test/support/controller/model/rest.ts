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
  await pass(world, 150_000)
  await removeDead(world)
  let events = await goOn(world)
  for (let attempt = 0; attempt < 6; attempt++) {
    const refused = await bringUp(world)
    events += await goOn(world)
    if (await isAtRest(world)) {
      const [cluster] = (await nodesOf(world)).flatMap(({ id }) => world.machines.get(id)?.kubernetes?.cluster ?? [])
      const left = await leftInside(world, cluster ?? '')
      if (left.length > 0) throw new Error(`the cluster still has: ${left.join(', ')}`)
      return events
    }
    const { error, state } = await clusterOf(world)
    const mustReset = [refused, error?.code].some((code) => code === 'masters/lost' || code === 'masters/endpoint')
    if (mustReset || state === 'RESETTING' || attempt === 3) {
      await resetCluster(world.core, await clusterOf(world))
      events += await goOn(world)
    }
  }
  const nodes = (await nodesOf(world)).map(
    ({ name, state, roles, error }) => `${name} ${state} ${roles} ${error?.code ?? ''}`,
  )
  const { state, error } = await clusterOf(world)
  throw new Error(`stuck: ${state} ${error?.code ?? ''}: ${nodes.join('; ')}`)
}

/** By force only where nobody could take it out. */
async function removeDead(world: World): Promise<void> {
  for (const node of await nodesOf(world)) {
    if (!world.machines.get(node.id)?.isDead) continue
    const refused = await orRefused(() => remove(world.core, node, false))
    if (refused !== undefined) await remove(world.core, node, true)
  }
}

async function isAtRest(world: World): Promise<boolean> {
  const nodes = await nodesOf(world)
  return visibleClusterState(await clusterOf(world)) === 'READY' && nodes.every(({ state }) => state === 'READY')
}

/** Lets all nodes in, with an odd number of masters, and asks for the cluster. Answers why that was refused. */
async function bringUp(world: World): Promise<string | undefined> {
  const { core } = world
  if ((await nodesOf(world)).length === 0) await enrol(world)
  for (const node of await nodesOf(world)) {
    const refused = node.state === 'DISCOVERED' ? await orRefused(() => approve(core, node)) : undefined
    if (refused !== undefined) await remove(core, node, true)
  }
  const role = async (id: string, roles: NodeRole[]) => {
    const node = await core.store.node(id)
    if (node) await configureNode(world, node, roles)
  }
  for (const { id, state } of await nodesOf(world)) if (state === 'APPROVED') await role(id, ['worker'])
  const masters = async () => (await nodesOf(world)).filter(({ roles }) => roles.includes('master'))
  const spare = async () => (await nodesOf(world)).filter(({ state }) => state === 'CONFIGURED')
  const [first] = (await spare()).filter(({ roles }) => !roles.includes('master'))
  if ((await masters()).length % 2 === 0 && first) await role(first.id, ['master'])
  if ((await masters()).length % 2 === 0) {
    const [extra] = (await spare()).filter(({ roles }) => roles.includes('master'))
    if (extra) await role(extra.id, ['worker'])
  }
  return provision(world)
}

/** Until nothing changes any more. */
async function goOn(world: World): Promise<number> {
  let events = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const machine of world.machines.values()) {
      if ((await world.core.store.node(machine.id))?.state === 'REMOVED') continue
      await receive(world, machine)
      await work(world, machine, true)
      for (let at = 0; at < 3; at++) await send(world, machine)
      events += 3
    }
    while (world.retiring.length > 0) await goOnRetiring(world, true)
    await new Promise((resolve) => setImmediate(resolve))
    await pass(world, 1_000)
    await report(world, true)
    const wrong = await contradictions(world)
    if (wrong.length > 0) throw new Error(wrong.join('; '))
  }
  return events
}
