import { AgentError } from '../../../../src/base/agent-error.ts'
import type { Authority } from '../../../../src/controller/access/authority.ts'
import type { Store } from '../../../../src/controller/store/port.ts'
import { cluster } from '../member.ts'
import type { Wish } from './enrol.ts'
import { watched } from './laws.ts'
import { loseLink, type Machine } from './machine.ts'
import type { Inside, Retiring } from './masters.ts'
import { type Mirror, openMirror } from './mirror.ts'
import { type Process, startProcess } from './process.ts'
import { openScheduler, type Scheduler, scheduled } from './scheduler.ts'
import { failing, StoreFailure } from './store-failure.ts'

/** Controllers that share one store, and machines that are only their essence. */
export interface World {
  readonly processes: Process[]
  readonly scheduler: Scheduler
  /** Without schedule, failures and mirror. */
  readonly store: Store
  readonly mirror: Mirror
  readonly machines: Machine[]
  /** What was seen to be wrong. */
  readonly wrong: string[]
  /** So many changes were there when they were looked at last. */
  judged: number
  /** What clusters have of their nodes. */
  inside: Inside[]
  /** Operations that go on at masters. */
  retiring: Retiring[]
  /** The share of commits that fail, and of those whose answer is lost. */
  failures: number
  /** Machines that ask to be let in, and were not answered. */
  readonly wishes: Set<Wish>
  /** So many machines have asked to be let in. */
  enrolled: number
  /** What nodes and administrators have asked controllers for, and have no answer to yet. */
  readonly asks: Set<{ name: string; process: Process }>
  random(): number
  /** One of several; undefined where there is none. */
  pick<T>(from: readonly T[]): T | undefined
  /** Lets time pass for everybody. */
  pass(ms: number): void
  /** Somebody asks one of the controllers; answers the code of its refusal once there is one. */
  ask(name: string, process: Process, work: () => Promise<unknown>): Promise<string | undefined>
  /** A controller dies, and another one comes in its place. */
  restart(process: Process): void
  /** Nothing goes on any more. */
  stop(): void
}

export interface WorldOptions {
  store: Store
  authority: Authority
  random: () => number
  processes: number
  /** Of a production function's port: what a mutant puts in its place. */
  alter?: ((process: Process) => void) | undefined
  alterStore?: ((store: Store) => Store) | undefined
  pass(ms: number): void
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { store, authority, random } = options
  const own = cluster({ createdAt: new Date().toISOString() })
  await store.commit([{ change: 'add-cluster', cluster: own }])
  const mirror = openMirror(own)
  const scheduler = openScheduler(random)
  const owners = new WeakMap<Process, object>()
  const start = (): Process => {
    const owner = {}
    const shared = failing(watched(store, mirror, tell), world)
    const altered = options.alterStore?.(shared) ?? shared
    const process = startProcess(scheduled(altered, scheduler, owner), authority, hear)
    owners.set(process, owner)
    options.alter?.(process)
    return process
  }
  /** Whoever has asked it is not answered any more. */
  const stop = (process: Process) => scheduler.drop(owners.get(process) ?? process)
  const tell = (what: string) => void world.wrong.push(what)
  const hear = (line: string) => {
    const isTrouble =
      /\b(Error|could not|cannot|refused|its own)\b/.test(line) && !line.includes(new StoreFailure().message)
    if (isTrouble) tell(`a controller logs: ${line}`)
  }
  const world: World = {
    processes: [],
    scheduler,
    store,
    mirror,
    machines: [],
    wrong: [],
    judged: 0,
    inside: [],
    retiring: [],
    failures: 0,
    wishes: new Set(),
    enrolled: 0,
    asks: new Set(),
    random,
    pick: (from) => from[Math.floor(random() * from.length)],
    pass: options.pass,
    async ask(name, process, work) {
      const asked = { process, name }
      if (world.processes.includes(process)) world.asks.add(asked)
      try {
        await work()
        return undefined
      } catch (error) {
        if (error instanceof AgentError) return error.code
        if (!(error instanceof StoreFailure)) tell(`${name}: ${error instanceof Error ? error.stack : error}`)
        return 'failure'
      } finally {
        world.asks.delete(asked)
      }
    },
    restart(process) {
      stop(process)
      for (const machine of world.machines) if (machine.link?.process === process) loseLink(machine, true)
      for (const asked of world.asks) if (asked.process === process) world.asks.delete(asked)
      world.processes.splice(world.processes.indexOf(process), 1, start())
    },
    stop() {
      for (const process of world.processes) stop(process)
    },
  }
  for (let count = 0; count < options.processes; count++) world.processes.push(start())
  return world
}
