import { invite } from '../../../../src/controller/nodes/invite.ts'
import type { RunEvent } from '../../../../src/protocol/wire/event.ts'
import { end, enqueue, isOnline, type Machine, roleOf } from './machine.ts'
import { runsIn } from './mirror.ts'
import type { World } from './world.ts'

/** A key in the format that nodes send. Nothing is decrypted with it here. */
const SEALING_KEY = `${'A'.repeat(43)}=`
const at = '2026-01-01T00:00:00.000Z'

let clusters = 0

/** Continues the run by one step. With `lucky` nothing fails. */
export function work(world: World, machine: Machine, lucky: boolean): void {
  const { run } = machine
  if (!run || machine.isDead) return
  if (!lucky && world.random() < 0.05) {
    end(machine, world.random() < 0.8 ? 'failed' : 'indeterminate')
    return
  }
  switch (run.role) {
    case 'reset':
      machine.kubernetes = undefined
      machine.isCordoned = false
      end(machine, 'done')
      break
    case 'upgrade':
      if (run.at++ === 0) break
      if (machine.kubernetes) machine.kubernetes.endpoint = run.endpoint
      end(machine, 'done')
      break
    case 'add-ons':
      if (run.at++ > 0) end(machine, 'done')
      break
    case 'renew':
    case 'restore-etcd':
      end(machine, 'done')
      break
    case 'first-master':
      machine.kubernetes ??= enter(world, machine, `k${++clusters}`, 'master')
      machine.kubernetes.isUp = true
      if (run.at++ > 0) end(machine, 'done')
      else happens(machine, { kind: 'step-done', at, step: 'bind-rights', ms: 1, marks: 'admits-nodes' })
      break
    case 'master':
    case 'worker':
      join(world, machine, run)
  }
}

function happens(machine: Machine, event: RunEvent): void {
  if (machine.run) enqueue(machine, { t: 'event', body: { run: machine.run.id, event } })
}

function join(world: World, machine: Machine, run: NonNullable<Machine['run']>): void {
  if (run.at++ === 0) {
    happens(machine, { kind: 'run-started', at, role: run.role, steps: [{ id: 'join', title: 'Joins' }] })
  }
  // A worker with a certificate needs no invitation. A master asks for its turn in each run.
  const isIn = run.role === 'worker' && machine.kubernetes !== undefined
  if (run.isInvited && run.role === 'master' && !run.hasVote) {
    run.hasVote = true
    happens(machine, { kind: 'step-done', at, step: 'promote', ms: 1, marks: 'has-vote' })
    return
  }
  if (run.isInvited || isIn) {
    if (machine.kubernetes && run.role === 'master') machine.kubernetes.isUp = true
    end(machine, 'done')
    return
  }
  const process = machine.link?.process
  const isAsking = run.asks !== undefined && world.processes.includes(run.asks)
  if (!process || isAsking || !isOnline(machine)) return
  run.asks = process
  void ask(world, machine, run).finally(() => {
    run.asks = undefined
  })
}

async function ask(world: World, machine: Machine, run: NonNullable<Machine['run']>): Promise<void> {
  const { asks } = run
  const node = world.mirror.nodes.get(machine.id)
  if (!node || !asks) return
  const isDue = () =>
    world.mirror.nodes.get(machine.id)?.state !== 'REMOVED' &&
    runsIn(world.mirror, machine.id).some(({ id, state, cancel }) => id === run.id && state === 'open' && !cancel)
  const wasDue = isDue()
  const signal = new AbortController().signal
  const refused = await world.ask(`invite ${machine.name}`, asks, async () => {
    const { sealed } = await invite(asks.services, node, SEALING_KEY, { waitMs: 0, signal })
    if (sealed === undefined || machine.run !== run) return
    run.isInvited = true
    machine.kubernetes ??= enter(world, machine, sealed, roleOf(run.role))
  })
  if (refused === 'invitation/not-due' && wasDue && isDue())
    world.wrong.push(`${machine.name} must not join, but has an instruction to join`)
  if (refused !== undefined && refused !== 'failure' && machine.run === run) end(machine, 'failed')
}

function enter(world: World, { name, address, run }: Machine, cluster: string, role: 'master' | 'worker') {
  world.inside.push({ cluster, name, address, role })
  return { cluster, isUp: false, role, endpoint: run?.endpoint ?? '' }
}
