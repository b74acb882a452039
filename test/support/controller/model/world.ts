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

/** Controllers that share one store, and simplified machines. */
export interface World {
  readonly processes: Process[]
  readonly scheduler: Scheduler
  /** The real store, without scheduler, failures and mirror. */
  readonly store: Store
  readonly mirror: Mirror
  readonly machines: Machine[]
  /** The violations so far. */
  readonly wrong: string[]
  /** The number of changes at the last check. */
  judged: number
  /** The Node objects and etcd members of all clusters. */
  inside: Inside[]
  /** Removals that are in progress on masters. */
  retiring: Retiring[]
  /** The name of the master that leads etcd, if it was chosen. */
  leader: string
  /** The share of commits that fail, and of commits whose answer is lost. */
  failures: number
  /** Enrolment requests without an answer. */
  readonly wishes: Set<Wish>
  /** The number of enrolled machines. */
  enrolled: number
  /** Requests of nodes and administrators without an answer. */
  readonly asks: Set<{ name: string; process: Process }>
  random(): number
  /** A random element; undefined if there is none. */
  pick<T>(from: readonly T[]): T | undefined
  /** Advances the time. */
  pass(ms: number): void
  /** Sends a request to one of the controllers. Resolves with the code of a refusal. */
  ask(name: string, process: Process, work: () => Promise<unknown>): Promise<string | undefined>
  /** Kills a controller and starts another one in its place. */
  restart(process: Process): void
  /** Stops everything. */
  stop(): void
}

export interface WorldOptions {
  store: Store
  authority: Authority
  random: () => number
  processes: number
  /** Replaces a port of the controller, for a mutant. */
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
    const shared = failing(watched(store, mirror, addViolation), world)
    const altered = options.alterStore?.(shared) ?? shared
    const process = startProcess(scheduled(altered, scheduler, owner), authority, readLog)
    owners.set(process, owner)
    options.alter?.(process)
    return process
  }
  /** Its pending requests are never answered. */
  const stop = (process: Process) => scheduler.drop(owners.get(process) ?? process)
  const addViolation = (what: string) => void world.wrong.push(what)
  // No history restores a backup: a node that is ahead of the store shows a lost commit.
  const readLog = (line: string) => {
    const isTrouble =
      /\b(Error|could not|cannot|refused|its own|restored)\b/.test(line) && !line.includes(new StoreFailure().message)
    if (isTrouble) addViolation(`a controller logs: ${line}`)
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
    leader: '',
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
        if (!(error instanceof StoreFailure)) addViolation(`${name}: ${error instanceof Error ? error.stack : error}`)
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
