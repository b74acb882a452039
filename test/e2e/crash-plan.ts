import { seededRandom } from '../support/random.ts'

export type Verb = 'install' | 'provision' | 'reset' | 'uninstall'

/** A crash when the ledger has got that many records more, and a moment later. */
export interface Point {
  kind: 'kill' | 'power cut'
  records: number
  afterMs: number
}

/** The life of a node: each verb in turn, cut off at its points one after another, and begun again after each. */
export interface Round {
  verbs: { verb: Verb; points: Point[] }[]
}

/** Records that a verb writes, roughly; points are chosen among these. */
const RECORDS: Record<Verb, number> = { install: 22, provision: 300, reset: 170, uninstall: 190 }
/** Bringing up waits most of the time, and writes nothing then. */
const LONGEST_WAIT_MS: Record<Verb, number> = { install: 100, provision: 4_000, reset: 300, uninstall: 300 }

/** Every third round brings Kubernetes up. */
export function roundOf(seed: number, index: number): Round {
  const random = seededRandom(seed * 1_000 + index)
  const at = (verb: Verb, count: number) => {
    // In a row: the sum of their distances is within the verb.
    const points = Array.from({ length: count }, () => pointOf(verb, random, count))
    return { verb, points }
  }
  if (index % 3 !== 0) return { verbs: [at('install', 2), at('uninstall', 1)] }
  const withReset = index % 2 === 1
  return {
    verbs: [
      at('install', 1),
      at('provision', 3),
      ...(withReset ? [at('reset', 2)] : []),
      at('uninstall', withReset ? 0 : 2),
    ],
  }
}

/** For everyday: one bring-up and one point of each kind of work. */
export function sampleOf(seed: number): Round {
  const random = seededRandom(seed * 1_000)
  return {
    verbs: (['install', 'provision', 'uninstall'] as const).map((verb) => ({
      verb,
      points: [pointOf(verb, random, 1)],
    })),
  }
}

function pointOf(verb: Verb, random: () => number, shares: number): Point {
  return {
    kind: random() < 0.5 ? 'kill' : 'power cut',
    records: Math.floor((random() * RECORDS[verb]) / shares),
    afterMs: random() < 0.5 ? 0 : Math.floor(random() * LONGEST_WAIT_MS[verb]),
  }
}
