import { seededRandom } from '../support/random.ts'

export type Verb = 'install' | 'provision' | 'reset' | 'uninstall'

/** A crash `afterMs` milliseconds after the ledger has grown by `records` records. */
export interface Point {
  kind: 'kill' | 'power cut'
  records: number
  afterMs: number
}

/** The commands on one node, in order. Each is interrupted at its points, one after another, and started again. */
export interface Round {
  verbs: { verb: Verb; points: Point[] }[]
}

/** About how many records each kind of work writes, and how long it may write none. Points are chosen within these. */
const WORK = {
  install: { verb: 'install', records: 22, waitMs: 100 },
  provision: { verb: 'provision', records: 300, waitMs: 4_000 },
  reset: { verb: 'reset', records: 170, waitMs: 300 },
  uninstall: { verb: 'uninstall', records: 190, waitMs: 300 },
  uninstallAgent: { verb: 'uninstall', records: 20, waitMs: 100 },
} as const
type Work = keyof typeof WORK

/** Every third round provisions Kubernetes. */
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

/** The short round for each commit: one provisioning, and one point for each kind of work. */
export function sampleOf(seed: number): Round {
  const random = seededRandom(seed * 1_000)
  return { verbs: (['install', 'provision', 'uninstall'] as const).map((work) => cutOff(work, 1, random)) }
}

/** Points are relative to each other: their sum stays within the work. */
function cutOff(work: Work, count: number, random: () => number): Round['verbs'][number] {
  const { verb, records, waitMs } = WORK[work]
  const points = Array.from({ length: count }, (): Point => {
    const kind = random() < 0.5 ? 'kill' : 'power cut'
    const afterMs = random() < 0.5 ? 0 : Math.floor(random() * waitMs)
    return { kind, records: Math.floor((random() * records) / count), afterMs }
  })
  return { verb, points }
}
