// Ratio 12: all prechecks ÷ the slowest of them, in one run on a node, against a real controller. The rest of the time,
// for the start of the program and for decrypting the credentials, is printed separately.
import { copyAgent, createCluster, openSite, type Site } from '../support/site/site.ts'
import { bedNamed, down, downAll, exec, up } from '../support/testbed/testbed.ts'
import { median, report } from './measure.ts'

const ROUNDS = 10
const CLUSTER = 'bench'

interface Precheck {
  checks: { id: string; verdict: string; ms: number }[]
  /** The time of all checks together. */
  ms: number
}

const bed = bedNamed('cantrip-bench-checks')
await downAll(bed)
const node = await up({ name: 'checked', bed })
let site: Site | undefined
try {
  site = await openSite(bed)
  const installation = await copyAgent(node, await createCluster(site, { name: CLUSTER, overrides: {} }), CLUSTER)
  // The disk check of a master takes so long that all others are quick in comparison. So both roles run, and the worse ratio counts.
  const ratios = [await ratioFor('master', installation), await ratioFor('worker', installation)]
  report('precheck', Math.max(...ratios), 1.3)
} finally {
  await site?.close()
  await down(node)
}

async function ratioFor(role: string, [program = '', ...credentials]: readonly string[]): Promise<number> {
  const ratios: number[] = []
  const rest: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now()
    const argv = [program, 'precheck', '--role', role, ...credentials, '-o', 'json']
    const { stdout, stderr } = await exec(node, argv, { timeoutMs: 120_000 })
    const tookMs = performance.now() - started
    if (stdout === '') throw new Error(`no output: ${stderr}`)
    const { checks, ms } = JSON.parse(stdout) as Precheck
    if (checks.some(({ verdict }) => verdict === 'error')) throw new Error(`a check ended with an error: ${stdout}`)
    if (round === 0) continue // the first run reads the program from the disk
    const looked = checks.filter(({ verdict }) => verdict !== 'skipped').toSorted((a, b) => b.ms - a.ms)
    const [slowest] = looked
    if (!slowest) throw new Error(`no check ran: ${stdout}`)
    console.log(`${role}: ${looked.length} of ${checks.length} checks ${ms} ms, ${slowest.id} ${slowest.ms} ms`)
    ratios.push(ms / slowest.ms)
    rest.push(tookMs - ms)
  }
  console.log(
    `${role}: ${median(ratios).toFixed(2)}; ${median(rest).toFixed(0)} ms outside the checks, including the start in the node`,
  )
  return median(ratios)
}
