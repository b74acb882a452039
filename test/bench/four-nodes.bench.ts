/**
 * Ratio 16: four real nodes ÷ one, from `cluster provision` to READY: three masters and a worker, and also one master and three
 * workers. The files of the bundle are already on the nodes, because a download over one loopback interface says nothing
 * about a network. Also prints the CPU time of all nodes until READY, which the cores of this machine share, and their memory.
 */
import { availableParallelism } from 'node:os'
import { openScene } from '../e2e/shape.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { downAll } from '../support/testbed/nodes.ts'
import { goal, median, report } from './measure.ts'
import { anonymousGigabytes, cpuSeconds } from './node-usage.ts'

const ROUNDS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 2)
const SHAPES = {
  one: { m1: 'master,worker' },
  workers: { m1: 'master', w1: 'worker', w2: 'worker', w3: 'worker' },
  masters: { m1: 'master', m2: 'master', m3: 'master', w1: 'worker' },
} as const
type Shape = keyof typeof SHAPES
const TITLES: Record<Shape, string> = {
  one: '1 node',
  workers: '1 master + 3 workers',
  masters: '3 masters + 1 worker',
}

interface Measured {
  /** Seconds from the command to READY. */
  seconds: number
  /** CPU seconds of the nodes in this time. */
  cpu: number
  /** Anonymous memory of all processes of the nodes at READY. */
  gigabytes: number
}

async function provision(shape: Shape): Promise<Measured> {
  const scene = openScene(
    bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-bench`),
    () => undefined,
    new AbortController().signal,
  )
  await downAll(scene.bed)
  try {
    const names = Object.keys(SHAPES[shape])
    await scene.boot(...names)
    await scene.createCluster(shape, shape === 'one' ? [] : ['--dedicated-masters'])
    for (const [name, roles] of Object.entries(SHAPES[shape])) await scene.addNode(name, roles)
    await scene.stage()
    const before = cpuSeconds(scene.nodes())
    const started = performance.now()
    await scene.provision()
    const seconds = (performance.now() - started) / 1000
    const cpu = cpuSeconds(scene.nodes()) - before
    const gigabytes = anonymousGigabytes(scene.nodes())
    const title = TITLES[shape].padEnd(20)
    console.log(`  ${title} ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU, ${gigabytes.toFixed(2)} GB`)
    return { seconds, cpu, gigabytes }
  } finally {
    await scene.close()
    await downAll(scene.bed)
  }
}

const measured: Record<Shape, Measured[]> = { one: [], workers: [], masters: [] }
for (let round = 1; round <= ROUNDS; round++) {
  const order: Shape[] = ['one', 'workers', 'masters']
  // The order is reversed in every other round, so that a drift of the machine affects all shapes.
  for (const shape of round % 2 === 1 ? order : order.toReversed()) measured[shape].push(await provision(shape))
}
const ratioOf = (shape: Shape) =>
  median(measured[shape].map(({ seconds }, round) => seconds / (measured.one[round]?.seconds ?? Number.NaN)))
const notes = (Object.keys(SHAPES) as Shape[]).map((shape) => {
  const seconds = median(measured[shape].map((each) => each.seconds)).toFixed(1)
  const cpu = median(measured[shape].map((each) => each.cpu)).toFixed(1)
  const memory = median(measured[shape].map((each) => each.gigabytes)).toFixed(2)
  return `${TITLES[shape]} ${seconds} s, ${cpu} s of CPU and ${memory} GB (${ratioOf(shape).toFixed(2)})`
})
goal('one master and three workers', 100 * ratioOf('workers'), 180, '% of one node')
report('four-nodes', ratioOf('masters'), 3, `on ${availableParallelism()} cores: ${notes.join(', ')}`)
