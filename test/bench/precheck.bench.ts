// Ratio 12: all prechecks ÷ the slowest of them, in one run on a node, against a real controller. How long the program
// takes besides, for starting and for decrypting the credentials, is told apart.
import { carryAgent, createCluster, openSite, type Site } from '../support/site/site.ts'
import { bedNamed, down, downAll, exec, up } from '../support/testbed/testbed.ts'
import { median, report } from './measure.ts'

const ROUNDS = 10
const CLUSTER = 'bench'

interface Precheck {
  checks: { id: string; verdict: string; ms: number }[]
  /** Of all checks together. */
  ms: number
}

const bed = bedNamed('cantrip-bench-checks')
await downAll(bed)
const node = await up({ name: 'checked', bed })
let site: Site | undefined
try {
  site = await openSite(bed)
  const [program = '', ...credentials] = await carryAgent(
    node,
    await createCluster(site, { name: CLUSTER, overrides: {} }),
    CLUSTER,
  )
  const argv = [program, 'precheck', ...credentials, '-o', 'json']
  const ratios: number[] = []
  const rest: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now()
    const { stdout, stderr } = await exec(node, argv, { timeoutMs: 120_000 })
    const tookMs = performance.now() - started
    if (stdout === '') throw new Error(`no output: ${stderr}`)
    const { checks, ms } = JSON.parse(stdout) as Precheck
    const [slowest] = checks.toSorted((a, b) => b.ms - a.ms)
    if (!slowest || checks.some(({ verdict }) => verdict === 'skipped' || verdict === 'error'))
      throw new Error(`not all were looked at: ${stdout}`)
    if (round === 0) continue // it reads the program from the disk
    console.log(`${checks.length} checks ${ms} ms, ${slowest.id} ${slowest.ms} ms`)
    ratios.push(ms / slowest.ms)
    rest.push(tookMs - ms)
  }
  console.log(`besides the checks: ${median(rest).toFixed(0)} ms, starting it in the node included`)
  report('precheck', median(ratios), 1.3)
} finally {
  await site?.close()
  await down(node)
}
