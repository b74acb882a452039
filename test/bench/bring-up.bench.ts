/**
 * Ratio 1: from `cluster provision` to READY ÷ a plain script, on the same bundle and the same kind of node. For both, the
 * files of the bundle are already on the node. The time of Cantrip runs from the administrator's command to READY on the
 * controller, so it includes the verification of the files, the operator and its first report. The time of the script
 * runs until all pods are Ready.
 *
 * Also measured: the same with the files fetched from a controller on the same cores (goal 0.45); the script has its files.
 */
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import {
  awaitState,
  copyAgent,
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
import { goal, median, report } from './measure.ts'
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

async function cantrip(round: number, files: Files): Promise<number> {
  const node = await up({ name: 'cantrip', bed })
  let site: Site | undefined
  try {
    site = await openSite(bed)
    await importBundle(site, bundle)
    const name = `round-${round}-${files}`
    const install = await copyAgent(node, await createCluster(site, { name, overrides: testbedOverrides() }), name)
    await execOk(node, install, { timeoutMs: 120_000 })
    const row = await nodeRow(site, 'cantrip')
    await site.admin('node', 'approve', row?.id ?? '')
    await awaitState(site, 'cantrip', 'APPROVED', 60_000)
    await site.admin('node', 'configure', row?.id ?? '', '--role', 'master,worker')
    if (files === 'staged') await stageBundle(bundle, node, 'copied')
    const started = performance.now()
    await site.admin('cluster', 'provision', name)
    // One process that waits for events instead of polling, so that the benchmark does not use the cores that it measures.
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
    // The order is reversed in every other round, so that a drift of the machine affects all.
    const order: (() => Promise<number>)[] = [() => cantrip(round, 'staged'), plain, () => cantrip(round, 'fetched')]
    const turn = round % 2 === 1 ? order : order.toReversed()
    const seconds: number[] = []
    for (const run of turn) seconds.push(await run())
    const [staged = Number.NaN, script = Number.NaN, remote = Number.NaN] =
      round % 2 === 1 ? seconds : seconds.reverse()
    ratios.push(staged / script)
    fetched.push(remote / script)
    console.log(`round ${round}: ${staged.toFixed(1)} s ÷ ${script.toFixed(1)} s = ${(staged / script).toFixed(2)}`)
    console.log(`  fetched: ${remote.toFixed(1)} s ÷ ${script.toFixed(1)} s = ${(remote / script).toFixed(2)}`)
  }
} finally {
  await downAll(bed)
}
goal('with the files fetched', 100 * median(fetched), 45, '% of the script')
report('bring-up', median(ratios), 0.4, `with the files fetched ${median(fetched).toFixed(2)}`)
