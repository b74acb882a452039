/**
 * Ratio 15: from the first boot of a machine to READY with an image that has agent and bundle ÷ with a bare one. The bare machine runs a
 * join command at its first boot, as user data makes it do: it downloads the agent, and its node the files of the bundle, from a controller on
 * the same cores. The other one finds credentials. Both are approved and get their roles by a rule. No hand touches them.
 */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builderPublicKey, bundleDirectory, executables } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { importBundle, openSite, type Site } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { type Node, path } from '../support/testbed/machine.ts'
import { boot, down, downAll, kill, putFile, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { must } from '../support/testbed/run.ts'
import { median, report } from './measure.ts'

const PAIRS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 3)
const CLUSTER = 'first-boot'
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-bench`)
await downAll(bed)
const bundle = await bundleDirectory(runHere, (line) => console.log(line))

type Kind = 'baked' | 'bare'

const prepare: Record<Kind, (node: Node, site: Site) => Promise<void>> = {
  async baked(node, site) {
    const bake = [executables.agent, 'bake', '--root', path(node), '--yes']
    await must([...bake, '--bundle', bundle, '--key', builderPublicKey()], { timeoutMs: 120_000 })
    await must([...bake, '--seal'], { timeoutMs: 120_000 })
    for (const file of [`${CLUSTER}.pem`, `${CLUSTER}-passphrase.txt`])
      await putFile(node, `/etc/cantrip-day0/${file}`, await readFile(join(site.directory, file), 'utf8'), 0o600)
  },
  async bare(node, site) {
    await putFile(node, '/etc/join.sh', await site.admin('cluster', 'join-command', CLUSTER), 0o600)
    await putFile(node, `${UNITS}/join.service`, JOIN)
    const wants = join(path(node), UNITS, 'multi-user.target.wants')
    await mkdir(wants, { recursive: true })
    await symlink(`${UNITS}/join.service`, join(wants, 'join.service'))
  },
}

const UNITS = '/etc/systemd/system'
/** As in the user data of `controller cluster user-data`. */
const JOIN = `[Unit]
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=/bin/sh /etc/join.sh
Restart=on-failure
RestartSec=30
[Install]
WantedBy=multi-user.target
`

async function firstBoot(kind: Kind): Promise<number> {
  const node = await up({ name: kind, bed })
  let site: Site | undefined
  try {
    site = await openSite(bed)
    await importBundle(site, bundle)
    const file = join(site.directory, 'cluster.json')
    await writeFile(file, JSON.stringify(declaration(kind)))
    await site.admin('apply', '-f', file, '--credentials', site.directory)
    await kill(node)
    await prepare[kind](node, site)
    await must(['sync'], { timeoutMs: 120_000 })
    const started = performance.now()
    await boot(node)
    const booted = (performance.now() - started) / 1000
    await site.cli(['cluster', 'watch', CLUSTER, '--until', 'READY', '--timeout', '600'], { timeoutMs: 610_000 })
    const seconds = (performance.now() - started) / 1000
    interface Shown {
      state: string
      stages: { name: string; startedAt: string | null; endedAt: string | null }[]
    }
    const { state, stages } = await site.json<Shown>('cluster', 'show', CLUSTER)
    if (state !== 'READY') throw new Error(`the cluster is ${state}`)
    console.log(`  ${kind} ${booted.toFixed(1).padStart(6)} s  booted`)
    for (const { name, startedAt, endedAt } of stages) console.log(`  ${kind} ${name} ${startedAt} to ${endedAt}`)
    console.log(`  ${kind} ${seconds.toFixed(1).padStart(6)} s  READY`)
    return seconds
  } finally {
    await site?.close()
    await down(node)
  }
}

function declaration(hostname: string) {
  const rule = { match: { hostname }, roles: ['master', 'worker'], count: 1, approve: 'automatically' }
  const spec = { overrides: testbedOverrides(), nodes: [rule] }
  return { apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name: CLUSTER }, spec }
}

const ratios: number[] = []
const seconds: Record<Kind, number[]> = { baked: [], bare: [] }
try {
  for (let round = 1; round <= PAIRS; round++) {
    // The order is reversed in every other round, so that a drift of the machine affects both.
    const order: Kind[] = round % 2 === 1 ? ['baked', 'bare'] : ['bare', 'baked']
    for (const kind of order) seconds[kind].push(await firstBoot(kind))
    const [baked = Number.NaN, bare = Number.NaN] = [seconds.baked.at(-1), seconds.bare.at(-1)]
    ratios.push(baked / bare)
    console.log(`round ${round}: ${baked.toFixed(1)} s ÷ ${bare.toFixed(1)} s = ${(baked / bare).toFixed(2)}`)
  }
} finally {
  await downAll(bed)
}
const note = `${median(seconds.baked).toFixed(1)} s with an image, ${median(seconds.bare).toFixed(1)} s without`
report('first-boot', median(ratios), 0.5, note)
