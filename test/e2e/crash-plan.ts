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

/** Records that a piece of work writes, roughly, and how long it may write none; points are chosen among these. */
const WORK = {
  install: { verb: 'install', records: 22, waitMs: 100 },
  provision: { verb: 'provision', records: 300, waitMs: 4_000 },
  reset: { verb: 'reset', records: 170, waitMs: 300 },
  uninstall: { verb: 'uninstall', records: 190, waitMs: 300 },
  uninstallAgent: { verb: 'uninstall', records: 20, waitMs: 100 },
} as const
type Work = keyof typeof WORK

/** Every third round brings Kubernetes up. */
export function roundOf(seed: number, index: number): Round {
  const random = seededRandom(seed * 1_000 + index)
  const works: [Work, number][] =
    index % 3 !== 0
      ? [
          ['install', 2],
          ['uninstallAgent', 1],
        ]
      : index % 2 === 0
        ? [
            ['install', 1],
            ['provision', 3],
            ['uninstall', 2],
          ]
        : [
            ['install', 1],
            ['provision', 3],
            ['reset', 2],
            ['uninstallAgent', 1],
          ]
  return { verbs: works.map(([work, count]) => cutOff(work, count, random)) }
}

/** For everyday: one bring-up and one point of each kind of work. */
export function sampleOf(seed: number): Round {
  const random = seededRandom(seed * 1_000)
  return { verbs: (['install', 'provision', 'uninstall'] as const).map((work) => cutOff(work, 1, random)) }
}

/** In a row: the sum of their distances is within the work. */
function cutOff(work: Work, count: number, random: () => number): Round['verbs'][number] {
  const { verb, records, waitMs } = WORK[work]
  const points = Array.from({ length: count }, (): Point => {
    const kind = random() < 0.5 ? 'kill' : 'power cut'
    const afterMs = random() < 0.5 ? 0 : Math.floor(random() * waitMs)
    return { kind, records: Math.floor((random() * records) / count), afterMs }
  })
  return { verb, points }
}
