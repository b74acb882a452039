/**
 * Ratio 1: from `cluster provision` to READY ÷ a plain script, on the same bundle and the same kind of node. Both find
 * the bundle's files on the node. Ours counts from the administrator's command to the controller's READY, so verifying
 * the files, the operator and its first report are in it; the script counts until all pods are Ready.
 *
 * Beside it, without a ratio of its own to reach: the same with the files fetched from a controller on the same cores.
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
import { stageBundle } from '../support/site/stage-bundle.ts'
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

type Files = 'staged' | 'fetched'

async function ours(round: number, files: Files): Promise<number> {
  const node = await up({ name: 'ours', bed })
  let site: Site | undefined
  try {
    site = await openSite(bed)
    await importBundle(site, bundle)
    const name = `round-${round}-${files}`
    const install = await carryAgent(node, await createCluster(site, { name, overrides: testbedOverrides() }), name)
    await execOk(node, install, { timeoutMs: 120_000 })
    const row = await nodeRow(site, 'ours')
    await site.admin('node', 'approve', row?.id ?? '')
    await awaitState(site, 'ours', 'APPROVED', 60_000)
    await site.admin('node', 'configure', row?.id ?? '', '--role', 'master,worker')
    if (files === 'staged') await stageBundle(bundle, node, 'copied')
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
    for (const stage of stages) console.log(`  ${files} ${stage.name} ended ${stage.endedAt}`)
    console.log(`  ${files} ${seconds.toFixed(1).padStart(6)} s  READY`)
    return seconds
  } finally {
    await site?.close()
    await down(node)
  }
}

const ratios: number[] = []
const fetched: number[] = []
try {
  for (let round = 1; round <= PAIRS; round++) {
    // In turn, and the other way round each time, so that a drift of the machine meets all.
    const order: (() => Promise<number>)[] = [() => ours(round, 'staged'), plain, () => ours(round, 'fetched')]
    const turn = round % 2 === 1 ? order : order.toReversed()
    const seconds: number[] = []
    for (const run of turn) seconds.push(await run())
    const [mine = Number.NaN, theirs = Number.NaN, far = Number.NaN] = round % 2 === 1 ? seconds : seconds.reverse()
    ratios.push(mine / theirs)
    fetched.push(far / theirs)
    console.log(`round ${round}: ${mine.toFixed(1)} s ÷ ${theirs.toFixed(1)} s = ${(mine / theirs).toFixed(2)}`)
    console.log(`  fetched: ${far.toFixed(1)} s ÷ ${theirs.toFixed(1)} s = ${(far / theirs).toFixed(2)}`)
  }
} finally {
  await downAll(bed)
}
report('bring-up', median(ratios), 0.5, `with the files fetched ${median(fetched).toFixed(2)}`)
