/**
 * Ratio 7: the second run of the same instruction on a node ÷ the first. The first one makes a bare node with the files of the bundle the
 * only node of a cluster; the second one looks whether every step is still done. Both from the instruction to the end of the run.
 */
import { openScene } from '../e2e/shape.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { downAll } from '../support/testbed/nodes.ts'
import { median, report } from './measure.ts'

const ROUNDS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 2)
/** On the same node. */
const AGAIN = 3

async function provisionTwice(): Promise<number> {
  const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-bench`)
  const scene = openScene(bed, () => undefined, new AbortController().signal)
  await downAll(bed)
  try {
    await scene.boot('m1')
    await scene.createCluster('again', [])
    await scene.addNode('m1', 'master,worker')
    await scene.stage()
    const seconds: number[] = []
    for (let run = 0; run <= AGAIN; run++) {
      await scene.provision()
      const { stages } = await scene.site().json<{ stages: Stage[] }>('cluster', 'show', 'again')
      seconds.push(lengthOf(stages))
    }
    const [first = Number.NaN, ...others] = seconds
    console.log(`first run ${first.toFixed(2)} s; again ${others.map((each) => each.toFixed(2)).join(', ')} s`)
    return median(others) / first
  } finally {
    await scene.close()
    await downAll(bed)
  }
}

interface Stage {
  name: string
  startedAt: string | null
  endedAt: string | null
}

/** Of the last run, in seconds. */
function lengthOf(stages: readonly Stage[]): number {
  const { startedAt = null, endedAt = null } = stages.find(({ name }) => name === 'provision') ?? {}
  if (startedAt === null || endedAt === null) throw new Error('the run has not ended')
  return (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
}

const ratios: number[] = []
for (let round = 0; round < ROUNDS; round++) ratios.push(await provisionTwice())
report('again', median(ratios), 0.05, 'one node')
