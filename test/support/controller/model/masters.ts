import { mayHaveKubernetes } from '../../../../src/controller/domain/shape.ts'

import type { Operation, OperationAnswer, Target } from '../../../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../../../src/protocol/wire/released-names.ts'
import { type Machine, sendNow } from './machine.ts'
import { presentIn, runsIn } from './mirror.ts'
import { answerFor } from './upgrading.ts'
import type { World } from './world.ts'

/** A Node object in a cluster and, for a master, its etcd member. */
export interface Inside extends Target {
  cluster: string
}

export interface Retiring {
  id: string
  master: Machine
  cluster: string
  target: Target
}

/** More removals at once would block joining nodes. */
const MOST_AT_ONCE = 2

/** A running master invites nodes at once. A removal takes some time. */
export function takeOperation(world: World, master: Machine, operation: Operation): void {
  const { kubernetes } = master
  const { id } = operation
  // Sometimes there is no answer.
  if (world.failures > 0 && world.random() < 0.02) return
  const given = kubernetes?.isUp ? answerFor(world, master, operation) : undefined
  if (given) {
    answer(master, given)
    return
  }
  if (!kubernetes?.isUp || operation.operation !== 'retire') {
    answer(
      master,
      kubernetes?.isUp
        ? { id, outcome: 'done', sealed: kubernetes.cluster }
        : { id, outcome: 'not-yet', waitingFor: 'its API' },
    )
    return
  }
  world.retiring.push({ id, master, cluster: kubernetes.cluster, target: operation.target })
  const own = world.retiring.filter((each) => each.master === master)
  if (own[0] && own.length > MOST_AT_ONCE) end(world, own[0], { outcome: 'not-yet', waitingFor: 'pods' })
}

const answer = (master: Machine, body: OperationAnswer): void => sendNow(master, { t: OPERATION_FRAME, body })

/** Ends one removal. With `lucky` it succeeds. */
export function goOnRetiring(world: World, lucky: boolean): void {
  const found = world.pick(world.retiring)
  if (!found) return
  const { cluster, target, master } = found
  const isSame = (other: typeof found) => other.target.name === target.name
  const isAlone = world.retiring.every((other) => other === found || !isSame(other))
  const chance = lucky ? 1 : world.random()
  if (master.kubernetes?.cluster !== cluster || master.isDead || chance < 0.2) {
    end(world, found, { outcome: 'not-yet', waitingFor: 'pods' })
  } else if (chance < 0.3 && isAlone) {
    end(world, found, { outcome: 'failed', error: { code: 'etcd/quorum', message: 'no', fix: 'bring it back' } })
  } else {
    takeOut(world, found)
    // Slower masters find it done.
    for (const same of world.retiring.filter(isSame)) end(world, same, { outcome: 'done' })
  }
}

function takeOut(world: World, { cluster, target }: Retiring): void {
  // Removals from a cluster that is being reset do not matter.
  const staying = presentIn(world.mirror).filter((node) => {
    const isReset = runsIn(world.mirror, node.id).some(
      (run) => run.generation === node.generation && run.role === 'reset',
    )
    return mayHaveKubernetes(node) && node.leaving === 'no' && !isReset
  })
  for (const { name, address } of staying) {
    if (name === target.name) world.wrong.push(`${name} is removed from its cluster, but stays`)
    else if (target.role === 'master' && address === target.address)
      world.wrong.push(`the etcd member of ${name} is removed`)
  }
  world.inside = world.inside.filter((each) => each.cluster !== cluster || each.name !== target.name)
}

type Result = Pick<OperationAnswer & { outcome: 'not-yet' }, 'outcome' | 'waitingFor'> | { outcome: 'done' } | Failed
type Failed = Omit<OperationAnswer & { outcome: 'failed' }, 'id'>

function end(world: World, { id, master }: Retiring, result: Result): void {
  world.retiring = world.retiring.filter((each) => each.id !== id)
  answer(master, { id, ...result })
}

/** Node objects and etcd members that a cluster has of nodes outside of it. */
export function leftInside({ inside, mirror }: World, cluster: string | undefined): string[] {
  const present = new Map(presentIn(mirror).map((node) => [node.name, node.address]))
  const left = inside.filter(({ name, address, role, ...each }) => {
    if (each.cluster !== cluster) return false
    return !present.has(name) || (role === 'master' && present.get(name) !== address)
  })
  return left.map(({ name, address, role }) => `${role} ${name} at ${address}`)
}
