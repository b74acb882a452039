import type { Node } from '../../../../src/controller/domain/records.ts'
import { mayHaveKubernetes } from '../../../../src/controller/domain/shape.ts'
import type { Operation, OperationAnswer, Target } from '../../../../src/protocol/wire/operation.ts'
import { nodesOf } from './events.ts'
import type { World } from './world.ts'

/** A node's object in a cluster, and its member of etcd where it is a master. */
export interface Inside extends Target {
  cluster: string
}

export interface Retiring {
  id: string
  masterId: string
  cluster: string
  target: Target
}

/** More would keep those from the master who want to join. */
const MOST_AT_ONCE = 2

/** A master that is up lets others into its own cluster at once; taking somebody out takes its time. */
export function takeOperation(world: World, masterId: string, operation: Operation): boolean {
  const machine = world.machines.get(masterId)
  if (!machine?.isOnline) return false
  const { kubernetes } = machine
  const { id } = operation
  if (operation.operation === 'retire' && kubernetes?.isUp) {
    world.retiring.push({ id, masterId, cluster: kubernetes.cluster, target: operation.target })
    const [longest] = world.retiring
    if (longest && world.retiring.length > MOST_AT_ONCE) end(world, longest, { outcome: 'not-yet', waitingFor: 'pods' })
    return true
  }
  const answer: OperationAnswer = kubernetes?.isUp
    ? { id, outcome: 'done', sealed: kubernetes.cluster }
    : { id, outcome: 'not-yet', waitingFor: 'its API' }
  queueMicrotask(() => world.core.operations.take(masterId, answer))
  return true
}

/** One of them ends; `lucky`: it is done. */
export async function goOnRetiring(world: World, lucky: boolean): Promise<void> {
  const found = world.pick(world.retiring)
  if (!found) return
  const { cluster, target, masterId } = found
  const kubernetes = world.machines.get(masterId)?.kubernetes
  const isAlone = world.retiring.every((other) => other === found || other.target.name !== target.name)
  const chance = lucky ? 1 : world.random()
  if (kubernetes?.cluster !== cluster || chance < 0.2) end(world, found, { outcome: 'not-yet', waitingFor: 'pods' })
  else if (chance < 0.3 && isAlone) {
    end(world, found, { outcome: 'failed', error: { code: 'etcd/quorum', message: 'no', fix: 'bring it back' } })
  } else {
    await takeOut(world, found)
    // Whoever is slower finds it done.
    for (const same of world.retiring.filter((other) => other.target.name === target.name)) {
      end(world, same, { outcome: 'done' })
    }
  }
  await new Promise((resolve) => setImmediate(resolve))
}

async function takeOut(world: World, { cluster, target }: Retiring): Promise<void> {
  // What goes on in a cluster that is being reset matters to nobody.
  const isReset = async ({ id, generation }: Node) =>
    (await world.core.store.runsOf(id)).some((run) => run.generation === generation && run.role === 'reset')
  const staying: Node[] = []
  for (const node of await nodesOf(world)) {
    if (mayHaveKubernetes(node) && node.leaving === 'no' && !(await isReset(node))) staying.push(node)
  }
  for (const { name, address } of staying) {
    if (name === target.name) world.wrong.push(`${name} is taken out, and stays`)
    else if (target.role === 'master' && address === target.address)
      world.wrong.push(`the member of ${name} is taken out`)
  }
  world.inside = world.inside.filter((each) => each.cluster !== cluster || each.name !== target.name)
}

type Told = Pick<OperationAnswer & { outcome: 'not-yet' }, 'outcome' | 'waitingFor'> | { outcome: 'done' } | Failed
type Failed = Omit<OperationAnswer & { outcome: 'failed' }, 'id'>

function end(world: World, { id, masterId }: Retiring, told: Told): void {
  world.retiring = world.retiring.filter((each) => each.id !== id)
  world.core.operations.take(masterId, { id, ...told })
}

/** What a cluster has of nodes that are no part of it. */
export async function leftInside(world: World, cluster: string): Promise<string[]> {
  const present = new Map((await nodesOf(world)).map((node) => [node.name, node.address]))
  const left = world.inside.filter(({ name, address, role, ...each }) => {
    if (each.cluster !== cluster) return false
    return !present.has(name) || (role === 'master' && present.get(name) !== address)
  })
  return left.map(({ name, address, role }) => `${role} ${name} at ${address}`)
}
