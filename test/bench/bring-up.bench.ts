/**
 * Ratio 1: from `cluster provision` to READY ÷ a plain script, on the same bundle and the same kind of node. Ours counts
 * from the administrator's command to the controller's READY, so fetching and verifying the bundle, the operator and its
 * first report are in it; the script finds its files on the node, and counts until all pods are Ready.
 */
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import {
  awaitState,
  carryAgent,
  createCluster,
  importBundle,
  nodeRow,
  openSite,
  type Site,
} from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { execOk } from '../support/testbed/machine.ts'
import { down, downAll, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { median, report } from './measure.ts'
import { plainBringUp } from './plain/plain.ts'

const PAIRS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 3)
const bed = bedNamed('cantrip-bench')
await downAll(bed)
const bundle = await bundleDirectory(runHere, (line) => console.log(line))

async function plain(): Promise<number> {
  const node = await up({ name: 'plain', bed })
  try {
    const laps = await plainBringUp(node, bundle)
    for (const { seconds, step } of laps) console.log(`  plain ${seconds.toFixed(1).padStart(6)} s  ${step}`)
    return laps.at(-1)?.seconds ?? Number.NaN
  } finally {
    await down(node)
  }
}

async function ours(round: number): Promise<number> {
  const node = await up({ name: 'ours', bed })
  let site: Site | undefined
  try {
    site = await openSite(bed)
    await importBundle(site, bundle)
    const name = `round-${round}`
    const install = await carryAgent(node, await createCluster(site, { name, overrides: testbedOverrides() }), name)
    await execOk(node, install, { timeoutMs: 120_000 })
    const row = await nodeRow(site, 'ours')
    await site.admin('node', 'approve', row?.id ?? '')
    await awaitState(site, 'ours', 'APPROVED', 60_000)
    await site.admin('node', 'configure', row?.id ?? '', '--role', 'master,worker')
    const started = performance.now()
    await site.admin('cluster', 'provision', name)
    // One process that waits for events, not many that look: the bench must not take the cores it measures.
    await site.cli(['cluster', 'watch', name, '--until', 'READY', '--timeout', '600'], { timeoutMs: 610_000 })
    const seconds = (performance.now() - started) / 1000
    const { state, stages } = await site.json<{ state: string; stages: { name: string; endedAt: string | null }[] }>(
      'cluster',
      'show',
      name,
    )
    if (state !== 'READY') throw new Error(`the cluster is ${state}`)
    for (const stage of stages) console.log(`  ours  ${stage.name} ended ${stage.endedAt}`)
    console.log(`  ours  ${seconds.toFixed(1).padStart(6)} s  READY`)
    return seconds
  } finally {
    await site?.close()
    await down(node)
  }
}

const ratios: number[] = []
try {
  for (let round = 1; round <= PAIRS; round++) {
    // In turn, and the other way round each time, so that a drift of the machine meets both.
    const [a, b] = round % 2 === 1 ? [await ours(round), await plain()] : [await plain(), await ours(round)]
    const [mine, theirs] = round % 2 === 1 ? [a, b] : [b, a]
    ratios.push(mine / theirs)
    console.log(`pair ${round}: ${mine.toFixed(1)} s ÷ ${theirs.toFixed(1)} s = ${(mine / theirs).toFixed(2)}`)
  }
} finally {
  await downAll(bed)
}
report('bring-up', median(ratios), 0.5)
