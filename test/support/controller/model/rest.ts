import { isActive } from '../../../../src/controller/domain/upgrade/upgrade.ts'
import { visibleClusterState } from '../../../../src/controller/reconcile/cluster-state.ts'
import type { NodeRole } from '../../../../src/protocol/names.ts'
import { enrolAgain, enrolMachine } from './enrol.ts'
import { operatorReports, pass } from './events.ts'
import { connect, loseLink, send } from './machine.ts'
import { goOnRetiring, leftInside } from './masters.ts'
import { presentIn } from './mirror.ts'
import { contradictions, lostOrDoubled, wronglyReady } from './truths.ts'
import { cancel, changeSetting, leftOfUpgrade, resume, upgrade } from './upgrading.ts'
import { approveNode, configureNode, removeNode, want } from './verbs.ts'
import { work } from './work.ts'
import type { World } from './world.ts'

const ROUNDS = 60
/** More than any waiting work needs. */
const MOST_TURNS = 20_000
/** After this many rounds without a change the cluster is at rest. */
const STILL = 4

/** Continues until no work is waiting. */
export async function settle(world: World): Promise<void> {
  for (let left = MOST_TURNS; ; left--) {
    if (left === 0) throw new Error(`never settles; unanswered: ${[...world.asks].map(({ name }) => name)}`)
    const goesOn = await world.scheduler.release()
    if (!goesOn && world.asks.size === 0) break
    // A request may wait for an answer that never comes.
    world.pass(goesOn ? 2 : 1_000)
    throwWrong(contradictions(world))
  }
}

export function throwWrong(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(wrong.join('; '))
}

/**
 * From now on nothing fails, and an administrator follows the fixes of the controller's errors. After any history, all
 * nodes with a role must become READY; otherwise this throws. Returns the number of rounds.
 */
export async function bringToRest(world: World): Promise<number> {
  const { mirror } = world
  world.failures = 0
  await settle(world)
  await settled(world, pass(world, 150_000))
  await removeDead(world)
  let rounds = await goOn(world)
  rounds += await endUpgrade(world)
  let mayGrow = world.random() < 0.5
  for (let attempt = 0; attempt < 6; attempt++) {
    const refused = await bringUp(world)
    rounds += await goOn(world)
    rounds += await endUpgrade(world)
    if (isAtRest(world) && mayGrow && mastersIn(world).length === 1) {
      mayGrow = false
      await addMasters(world)
    } else if (isAtRest(world)) {
      // Where nothing fails, it ends by itself.
      if (
        world.random() < 0.5 &&
        (await settled(world, world.random() < 0.5 ? upgrade(world) : changeSetting(world))) === undefined
      )
        rounds += await goOn(world)
      throwWrong(leftOfUpgrade(world))
      const [cluster] = presentIn(mirror).flatMap(({ id }) => clusterOf(world, id) ?? [])
      throwWrong(leftInside(world, cluster).map((left) => `the cluster still has ${left}`))
      throwWrong(await lostOrDoubled(world))
      throwWrong(unfinished(world))
      return rounds
    }
    const { error, state } = mirror.cluster
    const mustReset = [refused, error?.code].some((code) => code === 'masters/lost' || code === 'masters/endpoint')
    if (mustReset || state === 'RESETTING' || attempt === 3) {
      await settled(world, want(world, 'reset'))
      rounds += await goOn(world)
    }
  }
  const nodes = presentIn(mirror).map(
    ({ name, state, roles, error }) => `${name} ${state} ${roles} ${error?.code ?? ''}`,
  )
  throw new Error(
    `stuck: ${visibleClusterState(mirror.cluster)} ${mirror.cluster.problems.map(({ message }) => message).join('; ')} ${mirror.cluster.error?.code ?? ''}: ${nodes.join('; ')}`,
  )
}

/** An administrator resumes an upgrade that has stopped, or cancels it. */
async function endUpgrade(world: World): Promise<number> {
  let rounds = 0
  for (let tries = 0; tries < 3 && isActive(world.mirror.cluster.upgrade); tries++) {
    await settled(world, tries < 2 && world.random() < 0.7 ? resume(world) : cancel(world))
    rounds += await goOn(world)
  }
  return rounds
}

const clusterOf = ({ machines }: World, id: string) => machines.find((each) => each.id === id)?.kubernetes?.cluster

/** Continues until a request is answered and all of its consequences have happened. */
async function settled<T>(world: World, asked: Promise<T>): Promise<T> {
  let isDone = false
  void asked.finally(() => {
    isDone = true
  })
  do await settle(world)
  while (!isDone)
  return asked
}

/** Removes dead machines, by force only if no master can remove them. */
async function removeDead(world: World): Promise<void> {
  for (const { id, isDead } of world.machines) {
    const node = presentIn(world.mirror).find((each) => each.id === id)
    if (!node || !isDead) continue
    const refused = await settled(world, removeNode(world, node, false))
    if (refused !== undefined) await settled(world, removeNode(world, node, true))
  }
}

function isAtRest({ mirror }: World): boolean {
  return visibleClusterState(mirror.cluster) === 'READY' && presentIn(mirror).every(({ state }) => state === 'READY')
}

/** Open runs of connected nodes, and messages that were not delivered. */
function unfinished({ mirror, machines }: World): string[] {
  return machines.flatMap(({ id, name, run, outbox }) => {
    const node = mirror.nodes.get(id)
    if (!node || node.state === 'REMOVED') return []
    const open = (mirror.runs.get(id) ?? []).filter(({ state }) => state === 'open')
    return [
      ...open.map((each) => `run ${each.id} of ${name} never ends`),
      ...(run ? [`${name} is still at work`] : []),
      ...(node.upSeq < outbox.length ? [`${name} has ${outbox.length - node.upSeq} undelivered messages`] : []),
    ]
  })
}

const mastersIn = ({ mirror }: World) => presentIn(mirror).filter(({ roles }) => roles.includes('master'))

/** An administrator adds two masters to the only one, which has yet to be provisioned. */
async function addMasters(world: World): Promise<void> {
  for (let count = 0; count < 2; count++) await settled(world, enrolMachine(world))
  for (const node of presentIn(world.mirror)) {
    if (node.state === 'DISCOVERED') await settled(world, approveNode(world, node))
  }
  await goOn(world)
  const added = presentIn(world.mirror).filter(({ state }) => state === 'APPROVED')
  for (const node of added.length === 2 ? added : []) await settled(world, configureNode(world, node, ['master']))
}

/** Approves all nodes, configures an odd number of masters, and requests provisioning. Returns the code of a refusal. */
async function bringUp(world: World): Promise<string | undefined> {
  const { mirror } = world
  if (presentIn(mirror).length === 0) await settled(world, enrolMachine(world))
  for (const node of presentIn(mirror)) {
    if (node.state !== 'DISCOVERED') continue
    const refused = await settled(world, approveNode(world, node))
    if (refused !== undefined) await settled(world, removeNode(world, node, true))
  }
  await goOn(world)
  const role = async (id: string, roles: NodeRole[]) => {
    const node = mirror.nodes.get(id)
    if (node) await settled(world, configureNode(world, node, roles))
  }
  for (const { id, state } of presentIn(mirror)) if (state === 'APPROVED') await role(id, ['worker'])
  const isEven = () => presentIn(mirror).filter(({ roles }) => roles.includes('master')).length % 2 === 0
  const spare = () => presentIn(mirror).filter(({ state }) => state === 'CONFIGURED')
  const first = spare().find(({ roles }) => !roles.includes('master'))
  if (isEven() && first) await role(first.id, ['master'])
  if (isEven()) {
    const extra = spare().find(({ roles }) => roles.includes('master'))
    if (extra) await role(extra.id, ['worker'])
  }
  return settled(world, want(world, 'provision'))
}

/** Continues until nothing changes. All nodes are connected to one controller; the others only run their passes. */
async function goOn(world: World): Promise<number> {
  const { mirror } = world
  let still = 0
  let before = ''
  for (let round = 1; round <= ROUNDS; round++) {
    await settled(world, enrolAgain(world))
    for (const machine of world.machines) {
      const [first] = world.processes
      if (machine.link?.process !== first) loseLink(machine, false)
      if (first) connect(world, machine, first)
      work(world, machine, true)
      send(machine, 3)
    }
    while (world.retiring.length > 0) goOnRetiring(world, true)
    await settled(world, operatorReports(world, true))
    await settled(world, pass(world, 5_000))
    throwWrong(wronglyReady(world))
    const runs = [...mirror.runs.values()].flat().map(({ id, state, progress }) => [id, state, progress])
    const now = JSON.stringify([
      mirror.cluster.state,
      mirror.cluster.upgrade,
      [...mirror.nodes.values()].map(essence),
      runs,
    ])
    still = now === before ? still + 1 : 0
    before = now
    const isBusy = mirror.cluster.gone.length > 0 || presentIn(mirror).some(({ leaving }) => leaving !== 'no')
    if (still >= STILL && !isBusy && world.machines.every(({ run }) => !run)) return round
  }
  return ROUNDS
}

const essence = ({ lastSeen: _, ...rest }: World['mirror']['nodes'] extends Map<string, infer N> ? N : never) => rest
