import { seededRandom } from '../../support/random.ts'
import type { Failure } from '../crashing-world.ts'
import { History, type Verb } from './histories.ts'

type Snapshot = Record<string, string>

/** One case: a verb is interrupted at a moment, and then repeated or reverted. */
export interface Case {
  verb: Verb
  at: number
  powerCut: boolean
  /** `again` repeats the verb. `undo` reverts it, or repeats the original work if the verb was itself an undo. */
  then: 'again' | 'undo'
  seed: number
}

/** The saved start of each verb, and the states without a crash. */
export interface Stage {
  history: History
  begin: Record<Verb, (random: () => number) => void>
  moments: Record<Verb, number>
  bare: Snapshot
  installed: Snapshot
  ready: Snapshot
}

/** Runs everything once without a crash, as the reference for all cases. */
export async function prepareStage(): Promise<Stage> {
  const history = new History()
  const moments = {} as Record<Verb, number>
  const finish = async (verb: Verb) => {
    await history.finish(verb)
    moments[verb] = history.world.moments
    return settled(history)
  }
  const bare = history.node.snapshot()
  const atBare = history.save()
  const installed = await finish('install')
  const atInstalled = history.save()
  const ready = await finish('provision')
  const atReady = history.save()
  await finish('reset')
  atReady(() => 0.5)
  await finish('uninstall')
  const begin = { install: atBare, provision: atInstalled, reset: atReady, uninstall: atReady }
  return { history, begin, moments, bare, installed, ready }
}

/** Every moment of every verb, with a kill and with a power cut, followed by each continuation. */
export function* everyCase({ moments }: Pick<Stage, 'moments'>): Generator<Case> {
  let seed = 0
  for (const verb of ['install', 'provision', 'reset', 'uninstall'] as const) {
    for (let at = 0; at < moments[verb]; at++) {
      for (const powerCut of [false, true]) {
        for (const then of ['again', 'undo'] as const) yield { verb, at, powerCut, then, seed: seed++ }
      }
    }
  }
}

/** Runs a case. Returns the differences from the expected end; empty if the node ended READY or restored. */
export async function runCase(stage: Stage, { verb, at, powerCut, then, seed }: Case): Promise<string[]> {
  const { history } = stage
  stage.begin[verb](seededRandom(seed))
  try {
    await history.crash(verb, { at, powerCut })
    return await finish(stage, verb, then, seed)
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/** Runs a case with a failed write. Returns undefined if the verb has no such write. */
export async function runFailureCase(
  stage: Stage,
  { verb, then, seed, failure }: Pick<Case, 'verb' | 'then' | 'seed'> & { failure: Failure },
): Promise<string[] | undefined> {
  const { history } = stage
  stage.begin[verb](seededRandom(seed))
  try {
    const outcome = await history.fail(verb, failure)
    if (outcome === undefined) return undefined
    const { code } = failure.error()
    const isNamed = outcome === 'failed' && history.messages.some((line) => line.includes(code))
    // Some undos are retried, because the kernel may be slow.
    const hasPassed = outcome === 'done' && (verb === 'reset' || verb === 'uninstall')
    const wrong = isNamed || hasPassed ? [] : [`${verb} ended ${outcome}: ${history.messages.join('\n')}`]
    return [...wrong, ...(await finish(stage, verb, then, seed))]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/** Runs a case with two to five crashes of any verbs, including crashes during recovery. */
export async function runSeveralCrashes(stage: Stage, seed: number): Promise<{ crashes: number; wrong: string[] }> {
  const random = seededRandom(seed)
  const verbs: Verb[] = ['install', 'provision', 'reset', 'uninstall']
  const pick = () => verbs[Math.floor(random() * verbs.length)] ?? 'install'
  let verb = pick()
  stage.begin[verb](random)
  let crashes = 0
  try {
    for (let left = 2 + Math.floor(random() * 4); left > 0; left--) {
      const at = Math.floor(random() * stage.moments[verb])
      if (await stage.history.crash(verb, { at, powerCut: random() < 0.5 })) crashes += 1
      if (random() < 0.3) verb = next(verb, random)
    }
    return { crashes, wrong: await finish(stage, verb, random() < 0.5 ? 'again' : 'undo', seed) }
  } catch (error) {
    return { crashes, wrong: [error instanceof Error ? error.message : String(error)] }
  }
}

/** What an administrator may run after an interrupted verb. */
function next(verb: Verb, random: () => number): Verb {
  if (verb === 'install') return 'uninstall'
  if (verb === 'uninstall') return 'uninstall'
  return (['provision', 'reset', 'uninstall'] as const)[Math.floor(random() * 3)] ?? 'reset'
}

async function finish(stage: Stage, verb: Verb, then: Case['then'], seed: number): Promise<string[]> {
  const { history, bare, installed, ready } = stage
  const to = async (each: Verb, wanted: Snapshot) => {
    await history.finish(each)
    return differences(wanted, settled(history), each)
  }
  switch (verb) {
    case 'install':
      return then === 'undo'
        ? to('uninstall', bare)
        : [...(await to('install', installed)), ...(await to('uninstall', bare))]
    case 'provision':
      await history.finish('install')
      if (then === 'again') return [...(await to('provision', ready)), ...(await to('uninstall', bare))]
      return seed % 8 < 4 ? to('reset', installed) : to('uninstall', bare)
    case 'reset':
      if (then === 'again') return to('reset', installed)
      // The agent was stopped and not started again.
      await history.finish('install')
      return to('provision', ready)
    case 'uninstall':
      if (then === 'undo') await history.finish('install')
      return to('uninstall', bare)
  }
}

function settled(history: History): Snapshot {
  history.node.settle()
  return history.node.snapshot()
}

/** Files of Cantrip whose content differs between histories, and caches that may be missing. */
const OWN = /^\/var\/lib\/cantrip\/(ledger|backups)|^\/run\/cantrip-kubectl|^\/bundle\//

function differences(wanted: Snapshot, found: Snapshot, verb: Verb): string[] {
  const isReady = verb === 'provision' || verb === 'install' || verb === 'reset'
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
  return keys
    .filter((key) => wanted[key] !== found[key] && !(isReady && OWN.test(key)))
    .map((key) => `after ${verb}: ${key}: wanted ${short(wanted[key])}, found ${short(found[key])}`)
}

const short = (text = 'nothing') => (text.length > 100 ? `${text.slice(0, 100)}…` : text)
