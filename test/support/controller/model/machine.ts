import { ingest } from '../../../../src/controller/live/ingest.ts'
import { invite } from '../../../../src/controller/nodes/invite.ts'
import type { UpFrame } from '../../../../src/protocol/wire/frames.ts'
import type { Inside } from './masters.ts'
import type { World } from './world.ts'

/** Of the form that a node sends; nothing is opened with it here. */
const SEALING_KEY = `${'A'.repeat(43)}=`

type Task = 'first-master' | 'master' | 'worker' | 'reset'

/** A node as far as the controller can tell: a link, one run at a time, and which cluster is on it. */
export interface Machine {
  id: string
  isOnline: boolean
  /** For good. */
  isDead: boolean
  /** Since its run began. */
  wasAway: boolean
  lastSeq: number
  lastGeneration: number
  run: { id: string; role: Task; isInvited: boolean; at: number } | undefined
  kubernetes: { cluster: string; isUp: boolean } | undefined
  outbox: UpFrame[]
}

const at = '2026-01-01T00:00:00.000Z'
let clusters = 0

export const newMachine = (id: string): Machine => ({
  id,
  isOnline: true,
  isDead: false,
  wasAway: false,
  lastSeq: 0,
  lastGeneration: 0,
  run: undefined,
  kubernetes: undefined,
  outbox: [],
})

/** What the controller holds for it comes in, as far as it is connected. */
export async function receive({ core }: World, machine: Machine): Promise<void> {
  if (!machine.isOnline || (await core.store.node(machine.id))?.state === 'REMOVED') return
  const run = await core.store.openRunOf(machine.id)
  if (!run) return
  if (run.seq > machine.lastSeq) take(machine, run)
  if (run.cancel && machine.run?.id === run.id) end(machine, 'cancelled')
}

function take(machine: Machine, run: { id: string; role: Task; seq: number; generation: number }): void {
  machine.lastSeq = run.seq
  if (machine.run || run.generation <= machine.lastGeneration) {
    const error = { code: 'instruction/busy', message: 'busy', fix: 'wait' }
    tell(machine, { t: 'result', body: { run: run.id, outcome: 'refused', error } })
    return
  }
  machine.lastGeneration = run.generation
  machine.wasAway = false
  machine.run = { id: run.id, role: run.role, isInvited: false, at: 0 }
}

/** The run goes on by one step; `lucky` is never in the way of it. */
export async function work(world: World, machine: Machine, lucky: boolean): Promise<void> {
  const { run } = machine
  if (!run || machine.isDead) return
  if (!lucky && world.random() < 0.05) return end(machine, world.random() < 0.8 ? 'failed' : 'indeterminate')
  switch (run.role) {
    case 'reset':
      machine.kubernetes = undefined
      return end(machine, 'done')
    case 'first-master':
      machine.kubernetes ??= await enter(world, machine, `k${++clusters}`, 'master')
      if (run.at++ === 0) {
        machine.kubernetes.isUp = true
        const step = 'cluster-config/bind-rights'
        return tell(machine, { t: 'event', body: { run: run.id, event: { kind: 'step-done', at, step, ms: 1 } } })
      }
      return end(machine, 'done')
    case 'master':
    case 'worker':
      await join(world, machine, run)
  }
}

async function join(world: World, machine: Machine, run: NonNullable<Machine['run']>): Promise<void> {
  // A worker that has its certificate needs no other; a master asks for its turn in each run.
  const isIn = run.role === 'worker' && machine.kubernetes !== undefined
  if (run.isInvited || isIn) {
    if (machine.kubernetes && run.role === 'master') machine.kubernetes.isUp = true
    return end(machine, 'done')
  }
  const node = machine.isOnline ? await world.core.store.node(machine.id) : undefined
  if (!node) return
  const signal = new AbortController().signal
  try {
    const { sealed } = await invite(world.core, node, SEALING_KEY, { waitMs: 0, signal })
    if (sealed === undefined) return
    run.isInvited = true
    machine.kubernetes ??= await enter(world, machine, sealed, run.role === 'master' ? 'master' : 'worker')
  } catch {
    end(machine, 'failed')
  }
}

async function enter(world: World, { id }: Machine, cluster: string, role: Inside['role']) {
  const node = await world.core.store.node(id)
  if (node) world.inside.push({ cluster, name: node.name, address: node.address, role })
  return { cluster, isUp: false }
}

function end(machine: Machine, outcome: 'done' | 'failed' | 'indeterminate' | 'cancelled'): void {
  const { run } = machine
  if (!run) return
  machine.run = undefined
  const error = { code: 'step/failed', message: 'it failed', fix: 'again' }
  const told = outcome === 'done' || outcome === 'cancelled' ? {} : { error }
  tell(machine, { t: 'result', body: { run: run.id, outcome, ...told } })
}

type Said = Extract<UpFrame, { t: 'event' | 'result' | 'reset' }>

export function tell(machine: Machine, said: Pick<Said, 't' | 'body'>): void {
  const seq = machine.outbox.length + 1
  machine.outbox.push({ v: 1, id: `a${seq}`, seq, ack: machine.lastSeq, ...said } as UpFrame)
}

/** What it has to tell goes out from any point that the controller has seen already, as after a connection that was cut. */
export async function send({ core, random }: World, machine: Machine): Promise<void> {
  const node = await core.store.node(machine.id)
  if (!machine.isOnline || !node) return
  const from = Math.max(0, node.upSeq - (random() < 0.2 ? Math.floor(random() * 4) : 0))
  const until = random() < 0.5 ? machine.outbox.length : Math.min(machine.outbox.length, from + 2)
  await ingest(
    core,
    machine.outbox.slice(from, until).map((frame) => ({ nodeId: machine.id, frame })),
  )
}
