import { isMove } from '../../../../src/controller/domain/upgrade/upgrade.ts'
import { enrolMachine } from './enrol.ts'
import { happen, live } from './events.ts'
import { connect } from './machine.ts'
import { presentIn } from './mirror.ts'
import { bringToRest, settle, throwWrong } from './rest.ts'
import { contradictions, wronglyReady } from './truths.ts'
import { anyProcess, approveNode, configureNode } from './verbs.ts'
import { openWorld, type World, type WorldOptions } from './world.ts'

export interface HistoryOptions extends WorldOptions {
  /** The number of events before the cluster is brought up. Then `life` events follow. */
  length: number
  life: number
}

/** The result of a history. `failed` is the first contradiction, with the events before it. */
export interface HistoryResult {
  counts: {
    events: number
    roundsToRest: number
    commits: number
    refused: number
    repairs: number
    degraded: number
    upgrades: number
    moves: number
  }
  failed: string | undefined
}

export async function playHistory(options: HistoryOptions): Promise<HistoryResult> {
  const world = await openWorld(options)
  const happened: string[] = []
  const counts = { events: 0, roundsToRest: 0 }
  const go = async (event: typeof happen, count: number) => {
    world.failures = 0.004
    for (let at = 0; at < count; at++) {
      happened.push(event(world))
      counts.events += 1
      await interleave(world)
    }
    counts.roundsToRest += await bringToRest(world)
  }
  let failed: string | undefined
  try {
    await begin(world)
    await go(happen, options.length)
    await go(live, options.life)
    const { refused } = world.mirror
    throwWrong(options.processes === 1 && refused > 0 ? [`one process is in its own way ${refused} times`] : [])
  } catch (error) {
    failed = `${error instanceof Error ? error.message : error}\n  ${happened.slice(-25).join('\n  ')}`
  }
  const { commits, refused, events, runs } = world.mirror
  const repairs = [...runs.values()].flat().filter(({ repair, state }) => repair && state === 'done').length
  const upgrades = [...runs.values()].flat().filter(({ role, state }) => role === 'upgrade' && state === 'done').length
  const degraded = events.filter(({ event }) => 'state' in event && event.state === 'DEGRADED').length
  const moves = world.mirror.changes.filter(
    (each) => each.change === 'set-cluster' && isMove(each.to.upgrade ?? null) && each.to.upgrade?.state === 'done',
  ).length
  world.stop()
  return { counts: { ...counts, commits, refused, repairs, degraded, upgrades, moves }, failed }
}

/** Continues some of the waiting work, and sometimes all of it. */
async function interleave(world: World): Promise<void> {
  if (world.random() < 0.1) {
    await settle(world)
    return
  }
  const releases = Math.floor(world.random() * (4 + 2 * world.scheduler.waiting()))
  for (let left = releases; left > 0; left--) {
    world.pass(1 + Math.floor(world.random() * 5))
    if (!(await world.scheduler.release())) break
    throwWrong(contradictions(world))
  }
  throwWrong(contradictions(world))
}

/** The usual start of a cluster: approved and configured masters and workers. */
async function begin(world: World): Promise<void> {
  const masters = world.pick([1, 1, 3, 3, 3, 5]) ?? 1
  const workers = world.pick([0, 1, 2]) ?? 0
  for (let at = 0; at < masters + workers; at++) void enrolMachine(world)
  await settle(world)
  for (const node of presentIn(world.mirror)) void approveNode(world, node)
  await settle(world)
  for (const machine of world.machines) connect(world, machine, anyProcess(world))
  await settle(world)
  world.pass(50)
  await settle(world)
  for (const [at, { id }] of presentIn(world.mirror).entries()) {
    const node = world.mirror.nodes.get(id)
    if (node) void configureNode(world, node, at < masters ? ['master'] : ['worker'])
    await settle(world)
  }
  throwWrong(wronglyReady(world))
}
