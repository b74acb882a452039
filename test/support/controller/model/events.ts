import { AgentError } from '../../../../src/base/agent-error.ts'
import { provisionCluster, resetCluster } from '../../../../src/controller/clusters/cluster-commands.ts'
import { present } from '../../../../src/controller/domain/draft.ts'
import type { Cluster, Node } from '../../../../src/controller/domain/records.ts'
import { approve, configure, leave, remove } from '../../../../src/controller/nodes/node-commands.ts'
import { reconcile, reconcileAll } from '../../../../src/controller/reconcile/reconcile.ts'
import type { NodeRole } from '../../../../src/protocol/names.ts'
import { factsAt } from '../agent.ts'
import { node as newNode } from '../member.ts'
import { wellReport } from '../well-report.ts'
import { type Machine, newMachine, receive, send, tell, work } from './machine.ts'
import { goOnRetiring } from './masters.ts'
import type { World } from './world.ts'

const MOST_NODES = 7
const ROLES: NodeRole[][] = [['master'], ['master', 'worker'], ['worker'], ['worker']]

export const clusterOf = async ({ core, clusterId }: World): Promise<Cluster> => {
  const found = await core.store.cluster(clusterId)
  if (!found) throw new Error('the cluster is gone')
  return found
}
export const nodesOf = async ({ core, clusterId }: World): Promise<Node[]> =>
  present({ nodes: await core.store.nodesOf(clusterId) })

/** What an administrator may be told instead. */
export async function orRefused(work: () => void | Promise<void>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof AgentError) return error.code
    throw error
  }
}

/** Somebody asks for the cluster; answers why that was refused. */
export async function provision(world: World): Promise<string | undefined> {
  const { core } = world
  const fresh = (node: Node) => node.state === 'CONFIGURED' && node.roles.includes('master')
  const begins = (await nodesOf(world)).some(fresh)
  const refused = await orRefused(async () => provisionCluster(core, await clusterOf(world)))
  if (refused !== undefined) return refused
  const withRoles = (await nodesOf(world)).filter(({ roles }) => roles.length > 0)
  for (const { id } of withRoles) world.asked.add(id)
  const masters = withRoles.filter(({ roles, leaving }) => roles.includes('master') && leaving === 'no')
  if (begins && masters.length % 2 === 0) world.wrong.push(`a master begins where there are ${masters.length}`)
  return undefined
}

export function configureNode(world: World, node: Node, roles: NodeRole[]): Promise<string | undefined> {
  return orRefused(async () => {
    await configure(world.core, node, { roles, disks: [] })
    world.asked.delete(node.id)
  })
}

/** A cluster as most of them begin: masters and workers that are let in and configured. */
export async function begin(world: World): Promise<void> {
  const masters = world.pick([1, 1, 3, 3, 3, 5]) ?? 1
  const workers = world.pick([0, 1, 2]) ?? 0
  for (let at = 0; at < masters + workers; at++) await enrol(world)
  for (const [at, { id }] of (await nodesOf(world)).entries()) {
    const find = () => world.core.store.node(id)
    const found = await find()
    if (found) await approve(world.core, found)
    const roles: NodeRole[] = at < masters ? ['master'] : ['worker']
    const approved = await find()
    if (approved) await configure(world.core, approved, { roles, disks: [] })
  }
}

let serial = 0
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

export async function enrol(world: World): Promise<void> {
  if ((await nodesOf(world)).length >= MOST_NODES) return
  serial += 1
  const id = `n-${Array.from({ length: 10 }, (_, at) => ALPHABET[(serial >> (5 * (at % 6))) & 31]).join('')}`
  const at = new Date(world.clock.nowMs).toISOString()
  const { name, address } = await placeOf(world)
  const fresh = newNode({ id, name, address, clusterId: world.clusterId, createdAt: at, lastSeen: at })
  const blank = { state: 'DISCOVERED', roles: [], approvedAt: null, configuredAt: null, interface: null } as const
  const added: Node = { ...fresh, ...blank, roles: [], facts: factsAt(address) }
  await world.core.store.commit([{ change: 'add-node', node: added }])
  world.machines.set(id, newMachine(id))
}

/** A machine of its own; or one that takes the place of another that is gone: its name, its address, or both. */
async function placeOf(world: World): Promise<{ name: string; address: string }> {
  const own = { name: `node-${serial}`, address: `10.0.${serial >> 8}.${serial & 255}` }
  const known = new Map((await world.core.store.nodesOf(world.clusterId)).map((node) => [node.id, node]))
  const places = [...world.machines.values()].flatMap((machine) => {
    const node = known.get(machine.id)
    return node && (machine.isDead || node.state === 'REMOVED') ? { machine, node } : []
  })
  const found = world.pick(places)
  if (!found || world.random() < 0.4) return own
  const { machine, node } = found
  Object.assign(machine, { isDead: true, isOnline: false, wasAway: true })
  const taken = (await nodesOf(world)).filter(({ id }) => !world.machines.get(id)?.isDead)
  const isFree = taken.every(({ name, address }) => name !== node.name && address !== node.address)
  if (!isFree) return own
  const which = world.random()
  return { name: which < 0.3 ? own.name : node.name, address: which > 0.7 ? own.address : node.address }
}

/** The operator of a cluster that is up tells of its nodes; `lucky`: all of them are well. */
export async function report(world: World, lucky: boolean): Promise<void> {
  const up = [...world.machines.values()].filter(({ kubernetes }) => kubernetes?.isUp)
  const chosen = world.pick(up)?.kubernetes
  if (!chosen) return
  const members = [...world.machines.values()].filter(({ kubernetes }) => kubernetes?.cluster === chosen.cluster)
  const known = new Map((await world.core.store.nodesOf(world.clusterId)).map((node) => [node.id, node]))
  const nodeOf = ({ id }: Machine) => known.get(id)
  const names = members.map((machine) => nodeOf(machine)?.name ?? machine.id)
  const masters = members.flatMap((machine) => {
    const found = nodeOf(machine)
    return found?.roles.includes('master') ? [found.name] : []
  })
  const ready = () => lucky || world.random() < 0.8
  const dns = ready()
  world.told = {
    atMs: world.clock.nowMs,
    dnsDownSinceMs: dns ? undefined : (world.told?.dnsDownSinceMs ?? world.clock.nowMs),
  }
  const { nodes, pods, ...rest } = wellReport(names, masters)
  const report = {
    ...rest,
    nodes: nodes.map((node) => ({ ...node, ready: ready() })),
    pods: pods.map((pod) => ({ ...pod, ready: ready() })),
    dns,
  }
  const reportAt = new Date(world.clock.nowMs).toISOString()
  await reconcile(world.core, world.clusterId, (draft) => draft.setCluster({ report, reportAt }))
}

export async function pass(world: World, ms: number): Promise<void> {
  world.clock.nowMs += ms
  for (const { id, isOnline } of world.machines.values()) {
    if (!isOnline) continue
    const lastSeen = new Date(world.clock.nowMs).toISOString()
    await world.core.store.commit([{ change: 'set-node', id, to: { lastSeen } }])
  }
  // Who is to be taken out is asked for again; so it is after a restart.
  world.core.operations.departures.clear()
  await reconcileAll(world.core)
}

type Event = (world: World, node: Node | undefined, machine: Machine | undefined) => unknown

/** What may happen, with its weight. */
const EVENTS: readonly [weight: number, name: string, event: Event][] = [
  [0.5, 'enrol', (world) => enrol(world)],
  [4, 'approve', (world, node) => node && orRefused(() => approve(world.core, node))],
  [2, 'configure', (world, node) => node && configureNode(world, node, world.pick(ROLES) ?? [])],
  [3, 'provision', provision],
  [1, 'provision twice at once', (world) => Promise.all([provision(world), provision(world)])],
  [
    0.1,
    'provision and reset at once',
    (world) => Promise.all([provision(world), orRefused(async () => resetCluster(world.core, await clusterOf(world)))]),
  ],
  [0.15, 'reset', (world) => orRefused(async () => resetCluster(world.core, await clusterOf(world)))],
  [0.6, 'remove', (world, node) => node && orRefused(() => remove(world.core, node, world.random() < 0.2))],
  [0.1, 'leave', (world, node) => node && leave(world.core, node, 'nothing')],
  [
    0.3,
    'reset by hand',
    (_, __, machine) => {
      if (!machine || machine.run || machine.isDead) return
      machine.kubernetes = undefined
      tell(machine, { t: 'reset', body: {} })
    },
  ],
  [1, 'lose the link', (_, __, machine) => machine && Object.assign(machine, { isOnline: false, wasAway: true })],
  [6, 'find the link', (_, __, machine) => machine && Object.assign(machine, { isOnline: !machine.isDead })],
  [
    0.4,
    'die',
    (_, __, machine) => machine?.run && Object.assign(machine, { isOnline: false, wasAway: true, isDead: true }),
  ],
  [20, 'receive', (world, _, machine) => machine && receive(world, machine)],
  [30, 'work', (world, _, machine) => machine && work(world, machine, false)],
  [
    6,
    'all work at once',
    (world) => Promise.all([...world.machines.values()].map((machine) => work(world, machine, false))),
  ],
  [
    6,
    'all are heard',
    async (world) => {
      for (const machine of world.machines.values()) {
        await receive(world, machine)
        await send(world, machine)
      }
    },
  ],
  [25, 'send', (world, _, machine) => machine && send(world, machine)],
  [8, 'a master goes on to take somebody out', (world) => goOnRetiring(world, false)],
  [10, 'report', (world) => report(world, false)],
  [8, 'a second passes', (world) => pass(world, 1_000)],
  [0.5, 'minutes pass', (world) => pass(world, 150_000)],
  [0.02, 'hours pass', (world) => pass(world, 7_200_000)],
]
/** Of a cluster that is READY: nothing comes or goes, and it is repaired now and then. */
const OF_LIFE = new Set(['provision', 'receive', 'work', 'all work at once', 'all are heard', 'send', 'report'])
const LIFE: typeof EVENTS = [
  ...EVENTS.filter(([, name]) => OF_LIFE.has(name)),
  [2, 'lose the link', (_, __, machine) => machine && Object.assign(machine, { isOnline: false, wasAway: true })],
  [6, 'find the link', (_, __, machine) => machine && Object.assign(machine, { isOnline: !machine.isDead })],
  [10, 'all is well', (world) => report(world, true)],
  [8, 'twenty seconds pass', (world) => pass(world, 20_000)],
]

/** Something happens, to anybody; answers what. */
export const happen = (world: World) => oneOf(EVENTS, world)
export const live = (world: World) => oneOf(LIFE, world)

async function oneOf(events: typeof EVENTS, world: World): Promise<string> {
  let at = world.random() * events.reduce((sum, [weight]) => sum + weight, 0)
  const found = events.find(([weight]) => {
    at -= weight
    return at < 0
  })
  if (!found) throw new Error('no event was chosen')
  const [, name, event] = found
  const machine = world.pick([...world.machines.values()])
  const node = machine && (await world.core.store.node(machine.id))
  await event(world, node, machine)
  // A master takes a node out of its cluster beside all that.
  const leaves =
    (await clusterOf(world)).gone.length > 0 || (await nodesOf(world)).some(({ leaving }) => leaving === 'retire')
  if (leaves) await new Promise((resolve) => setImmediate(resolve))
  return machine ? `${name} ${node?.name}` : name
}
