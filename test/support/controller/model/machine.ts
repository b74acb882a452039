import { CAPABILITIES } from '../../../../src/protocol/wire/capabilities.ts'
import type { DownFrame, UpFrame } from '../../../../src/protocol/wire/frames.ts'
import { Instruction } from '../../../../src/protocol/wire/instruction.ts'
import { Operation } from '../../../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../../../src/protocol/wire/released-names.ts'
import { factsAt } from '../agent.ts'
import { Link } from './link.ts'
import { type Inside, takeOperation } from './masters.ts'
import type { Process } from './process.ts'
import type { World } from './world.ts'

type Run = Pick<Instruction, 'role'> & {
  id: string
  /** The API endpoint in its instruction. */
  endpoint: string
  isInvited: boolean
  /** Of etcd. */
  hasVote: boolean
  at: number
  asks: Process | undefined
}

/** A node as the controller sees it: a connection, one run at a time, and the cluster on it. */
export interface Machine {
  readonly id: string
  readonly name: string
  readonly address: string
  link: { socket: Link; process: Process; isWelcome: boolean } | undefined
  /** An upgrade has made it unschedulable. */
  isCordoned: boolean
  /** It never comes back. */
  isDead: boolean
  /** The received instructions by their sequence numbers. */
  readonly orders: Map<number, string>
  lastSeq: number
  lastGeneration: number
  run: Run | undefined
  kubernetes: { cluster: string; isUp: boolean; role: Inside['role']; endpoint: string } | undefined
  /** All of its durable messages. */
  readonly outbox: UpFrame[]
  /** How many of them were sent on the current connection. */
  sent: number
}

export const newMachine = (id: string, name: string, address: string): Machine => ({
  ...{ id, name, address },
  link: undefined,
  ...{ isDead: false, isCordoned: false },
  orders: new Map(),
  lastSeq: 0,
  lastGeneration: 0,
  run: undefined,
  kubernetes: undefined,
  outbox: [],
  sent: 0,
})

export const isOnline = ({ link }: Machine): boolean => link?.socket.isOpen === true

/** Cuts the connection. With `silently` the controller does not notice. */
export function loseLink(machine: Machine, silently: boolean): void {
  if (silently && machine.link) machine.link.socket.isCut = true
  machine.link?.socket.close()
  machine.link = undefined
}

/** Connects, unless it is connected or the controller would refuse it. */
export function connect(world: World, machine: Machine, process: Process): void {
  const node = world.mirror.nodes.get(machine.id)
  const isKnown = node !== undefined && node.state !== 'REMOVED' && node.approvedAt !== null
  if (machine.isDead || isOnline(machine) || !isKnown) return
  loseLink(machine, true)
  const socket = new Link((frame) => machine.link?.socket === socket && take(world, machine, frame))
  machine.link = { socket, process, isWelcome: false }
  const expiresAt = new Date(8e15)
  process.hub.accept(socket.asSocket, machine.id, { address: machine.address, fingerprint: machine.id, expiresAt })
  const range = { min: 1, max: 1 }
  const { lastSeq } = machine
  const about = {
    bootId: 'b',
    agentVersion: '0.1.0',
    nodeName: machine.name,
    warnings: [],
    capabilities: [...CAPABILITIES],
  }
  sendNow(machine, { t: 'hello', body: { range, lastSeq, openRun: machine.run?.id ?? null, ...about } })
}

type Message<T extends UpFrame = UpFrame> = T extends UpFrame ? Pick<T, 't' | 'body'> : never

let frames = 0
const frameOf = (machine: Machine, message: Message, seq: number): UpFrame =>
  ({ v: 1, id: `a${++frames}`, seq, ack: machine.lastSeq, ...message }) as UpFrame

/** Sends a message that is not durable: at once or never. */
export function sendNow(machine: Machine, message: Message): void {
  machine.link?.socket.sendUp(frameOf(machine, message, 0))
}

/** Adds a durable message to the outbox. It is sent until the controller has it. */
export function enqueue(machine: Machine, message: Message): void {
  machine.outbox.push(frameOf(machine, message, machine.outbox.length + 1))
}

/** Sends up to `count` more messages of the outbox. */
export function send(machine: Machine, count: number): void {
  if (!machine.link?.isWelcome) return
  const next = machine.outbox.slice(machine.sent, machine.sent + count)
  machine.sent += next.length
  for (const frame of next) machine.link.socket.sendUp({ ...frame, ack: machine.lastSeq })
}

function take(world: World, machine: Machine, frame: DownFrame): void {
  const known = world.mirror.nodes.get(machine.id)?.upSeq ?? 0
  if (frame.ack > known)
    world.wrong.push(`${machine.name} gets an acknowledgement of ${frame.ack}, but only ${known} is stored`)
  switch (frame.t) {
    case 'welcome':
      if (!machine.link) break
      machine.link.isWelcome = true
      // The machine may not know that some messages have arrived.
      machine.sent = Math.max(0, frame.body.lastSeq - (world.random() < 0.2 ? Math.floor(world.random() * 4) : 0))
      sendNow(machine, { t: 'facts', body: factsAt(machine.address) })
      break
    case 'instruct':
      takeOrder(world, machine, frame.seq, frame.body.payload)
      break
    case 'cancel':
      if (machine.run?.id === frame.body.run) end(machine, 'cancelled')
      break
    case OPERATION_FRAME:
      takeOperation(world, machine, Operation.parse(JSON.parse(frame.body.payload)))
      break
    case 'refuse':
      loseLink(machine, false)
  }
}

function takeOrder(world: World, machine: Machine, seq: number, payload: string): void {
  const before = machine.orders.get(seq)
  if (before !== undefined && before !== payload)
    world.wrong.push(`${machine.name} gets message ${seq} twice with different content`)
  machine.orders.set(seq, payload)
  if (seq <= machine.lastSeq) return
  machine.lastSeq = seq
  const parsed = Instruction.safeParse(JSON.parse(payload))
  if (!parsed.success) {
    world.wrong.push(`${machine.name} gets a message that agents reject: ${parsed.error.message}`)
    return
  }
  const { run, generation, role } = parsed.data
  if (generation <= machine.lastGeneration) {
    world.wrong.push(`${machine.name} gets generation ${generation} after ${machine.lastGeneration}`)
  }
  const task = 'provisionedAs' in parsed.data ? parsed.data.provisionedAs : role
  const isTask = task !== 'reset' && task !== 'renew' && task !== 'restore-etcd'
  const isOther = machine.kubernetes && isTask && machine.kubernetes.role !== roleOf(task)
  if (isOther)
    world.wrong.push(`${machine.name} is a ${machine.kubernetes?.role}, and gets an instruction to become a ${role}`)
  if (machine.run) {
    const error = { code: 'instruction/busy', message: 'busy', fix: 'wait' }
    enqueue(machine, { t: 'result', body: { run, outcome: 'refused', error } })
    return
  }
  machine.lastGeneration = generation
  const endpoint = role === 'reset' ? '' : parsed.data.params.cluster.endpoint
  machine.run = { id: run, role, endpoint, isInvited: false, hasVote: false, at: 0, asks: undefined }
}

export const roleOf = (role: Instruction['role']): Inside['role'] => (role === 'worker' ? 'worker' : 'master')

export function end(machine: Machine, outcome: 'done' | 'failed' | 'indeterminate' | 'cancelled'): void {
  const { run } = machine
  if (!run) return
  machine.run = undefined
  const error = { code: 'step/failed', message: 'it failed', fix: 'again' }
  const details = outcome === 'done' || outcome === 'cancelled' ? {} : { error }
  enqueue(machine, { t: 'result', body: { run: run.id, outcome, ...details } })
}
