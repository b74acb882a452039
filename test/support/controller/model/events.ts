import type { Node } from '../../../../src/controller/domain/records.ts'
import { leave } from '../../../../src/controller/nodes/node-commands.ts'
import type { NodeRole } from '../../../../src/protocol/names.ts'
import { wellReport } from '../well-report.ts'
import { enrolMachine } from './enrol.ts'
import { connect, enqueue, isOnline, loseLink, type Machine, send, sendNow } from './machine.ts'
import { goOnRetiring } from './masters.ts'
import { cancel, changeSetting, pause, resume, upgrade } from './upgrading.ts'
import { anyProcess, approveNode, configureNode, removeNode, report, want } from './verbs.ts'
import { work } from './work.ts'
import type { World } from './world.ts'

const ROLES: NodeRole[][] = [['master'], ['master', 'worker'], ['worker'], ['worker']]

/** The operator of a running cluster reports its nodes. With `lucky` all of them are healthy. */
export async function operatorReports(world: World, lucky: boolean): Promise<void> {
  const chosen = world.pick(world.machines.filter(({ kubernetes }) => kubernetes?.isUp))?.kubernetes
  if (!chosen) return
  const members = world.machines.filter(({ kubernetes }) => kubernetes?.cluster === chosen.cluster)
  const masters = members.filter(({ kubernetes }) => kubernetes?.role === 'master')
  const ready = () => lucky || world.random() < 0.8
  const names = (machines: Machine[]) => machines.map(({ name }) => name)
  const { nodes, pods, ...rest } = wellReport(names(members), names(masters))
  await report(world, {
    ...rest,
    nodes: nodes.map((node) => ({ ...node, ready: ready() })),
    pods: pods.map((pod) => ({ ...pod, ready: ready() })),
    dns: ready(),
  })
}

/** Time passes, and the controllers run their periodic pass. */
export async function pass(world: World, ms: number): Promise<void> {
  // Steps shorter than a node may be silent, so that connected nodes can send meanwhile. Hours have larger steps.
  const atOnceMs = Math.max(30_000, ms / 10)
  for (let left = ms; left > 0; left -= atOnceMs) {
    world.pass(Math.min(left, atOnceMs))
    await Promise.all(world.processes.map((process) => world.ask('tick', process, () => process.tick())))
  }
}

type Event = (world: World, node: Node, machine: Machine) => unknown

const dies = (machine: Machine) => {
  machine.isDead = true
  loseLink(machine, true)
}
const loses = (_: World, __: Node, machine: Machine) => loseLink(machine, false)
const vanishes = (_: World, __: Node, machine: Machine) => loseLink(machine, true)
const finds = (world: World, _: Node, machine: Machine) => connect(world, machine, anyProcess(world))
const works = (world: World, _: Node, machine: Machine) => work(world, machine, false)
const says = (world: World, _: Node, machine: Machine) => send(machine, 1 + Math.floor(world.random() * 4))

/** The possible events with their weights. */
const EVENTS: readonly [weight: number, name: string, event: Event][] = [
  [0.5, 'enrol', enrolMachine],
  [4, 'approve', approveNode],
  [2, 'configure', (world, node) => configureNode(world, node, world.pick(ROLES) ?? [])],
  [3, 'provision', (world) => want(world, 'provision')],
  [1, 'provision twice at once', (world) => Promise.all([want(world, 'provision'), want(world, 'provision')])],
  [0.1, 'provision and reset at once', (world) => Promise.all([want(world, 'provision'), want(world, 'reset')])],
  [0.3, 'upgrade', upgrade],
  [0.3, 'change a setting', changeSetting],
  [0.1, 'cancel the upgrade', cancel],
  [0.15, 'reset', (world) => want(world, 'reset')],
  [0.6, 'remove', (world, node) => removeNode(world, node, world.random() < 0.2)],
  [
    0.1,
    'leave',
    (world, node) => {
      const process = anyProcess(world)
      return world.ask('leave', process, () => leave(process.services, node, 'nothing'))
    },
  ],
  [
    0.3,
    'reset by hand',
    (_, __, machine) => {
      if (machine.run || machine.isDead) return
      machine.kubernetes = undefined
      machine.isCordoned = false
      enqueue(machine, { t: 'reset', body: {} })
    },
  ],
  [0.7, 'lose the link', loses],
  [0.7, 'vanish', vanishes],
  [8, 'find the link', finds],
  [0.3, 'die', (_, __, machine) => machine.run && dies(machine)],
  [
    0.3,
    'die, and be removed by force',
    (world, node, machine) => {
      dies(machine)
      return removeNode(world, node, true)
    },
  ],
  [0.3, 'a controller dies', (world) => world.restart(anyProcess(world))],
  [30, 'work', works],
  [
    6,
    'all work at once',
    (world) => {
      for (const machine of world.machines) work(world, machine, false)
    },
  ],
  [25, 'send', says],
  [
    6,
    'all send everything',
    (world) => {
      for (const machine of world.machines) send(machine, 10)
    },
  ],
  [5, 'acknowledge', (_, __, machine) => sendNow(machine, { t: 'ack', body: {} })],
  [8, 'a master continues a removal', (world) => goOnRetiring(world, false)],
  [10, 'report', (world) => operatorReports(world, false)],
  [8, 'a second passes', (world) => pass(world, 1_000)],
  [0.5, 'minutes pass', (world) => pass(world, 150_000)],
  [0.1, 'hours pass', (world) => pass(world, 7_200_000)],
]
/** Events of a READY cluster: no node is added or removed, and it is repaired from time to time. */
const OF_LIFE = new Set(['provision', 'work', 'all work at once', 'send', 'all send everything', 'report'])
const LIFE: typeof EVENTS = [
  [2, 'upgrade', upgrade],
  [2, 'change a setting', changeSetting],
  [0.3, 'pause the upgrade', pause],
  [2, 'resume the upgrade', resume],
  [0.2, 'cancel the upgrade', cancel],
  ...EVENTS.filter(([, name]) => OF_LIFE.has(name)),
  [0.3, 'a controller dies', (world) => world.restart(anyProcess(world))],
  [1, 'lose the link', loses],
  [1, 'vanish', vanishes],
  [6, 'find the link', finds],
  [10, 'all is well', (world) => operatorReports(world, true)],
  [8, 'twenty seconds pass', (world) => pass(world, 20_000)],
]

/** Starts a random event for a random machine. Returns its name. */
export const happen = (world: World) => oneOf(EVENTS, world)
export const live = (world: World) => oneOf(LIFE, world)

function oneOf(events: typeof EVENTS, world: World): string {
  let at = world.random() * events.reduce((sum, [weight]) => sum + weight, 0)
  const found = events.find(([weight]) => {
    at -= weight
    return at < 0
  })
  if (!found) throw new Error('no event was chosen')
  const [, name, event] = found
  const machine = world.pick(world.machines)
  const node = machine && world.mirror.nodes.get(machine.id)
  if (machine && node) void event(world, node, machine)
  return machine ? `${name} ${machine.name}${isOnline(machine) ? '' : ' (away)'}` : name
}
