/**
 * Ratio 15: from the first boot of a machine to READY with an image that has agent and bundle ÷ with a bare one, for a worker of a cluster, as
 * a factory makes them. The same is measured for the first master, most of whose time is the start of the control plane. The bare machine runs
 * a join command at its first boot, as user data makes it do: it downloads the agent, and then the files of the bundle, from a controller
 * on the same cores. The other one finds credentials. A rule approves both and gives them their roles.
 */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builderPublicKey, bundleDirectory, executables } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { awaitState, importBundle, openSite, type Site } from '../support/site/site.ts'
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

const ROLES = { master: ['master', 'worker'], worker: ['worker'] } as const
type Role = keyof typeof ROLES

/** A cluster of two machines: the first one is its only master, and the second one joins when the cluster is READY. */
async function firstBoots(kind: Kind): Promise<Record<Role, number>> {
  const nodes: Node[] = []
  let site: Site | undefined
  try {
    for (const role of ['master', 'worker']) nodes.push(await up({ name: `${kind}-${role}`, bed }))
    site = await openSite(bed)
    await importBundle(site, bundle)
    const file = join(site.directory, 'cluster.json')
    await writeFile(file, JSON.stringify(declaration(kind)))
    await site.admin('apply', '-f', file, '--credentials', site.directory)
    for (const node of nodes) {
      await kill(node)
      await prepare[kind](node, site)
    }
    await must(['sync'], { timeoutMs: 120_000 })
    const [master, worker] = nodes
    if (!master || !worker) throw new Error('the nodes are up')
    return { master: await ready(master, site), worker: await ready(worker, site) }
  } finally {
    await site?.close()
    for (const node of nodes) await down(node)
  }
}

/** Boots the machine. @returns the seconds until it is READY */
async function ready(node: Node, site: Site): Promise<number> {
  const started = performance.now()
  await boot(node)
  await awaitState(site, node.name, 'READY', 600_000)
  const seconds = (performance.now() - started) / 1000
  console.log(`  ${node.name} ${seconds.toFixed(1).padStart(6)} s  READY`)
  return seconds
}

function declaration(kind: Kind) {
  const rules = Object.entries(ROLES).map(([role, roles]) => ({
    ...{ match: { hostname: `${kind}-${role}` }, roles, count: 1, approve: 'automatically' },
  }))
  const spec = { overrides: testbedOverrides(), nodes: rules }
  return { apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name: CLUSTER }, spec }
}

const found: Record<Kind, Record<Role, number>[]> = { baked: [], bare: [] }
try {
  for (let round = 1; round <= PAIRS; round++) {
    // The order is reversed in every other round, so that a drift of the machine affects both.
    const order: Kind[] = round % 2 === 1 ? ['baked', 'bare'] : ['bare', 'baked']
    for (const kind of order) found[kind].push(await firstBoots(kind))
  }
} finally {
  await downAll(bed)
}

const secondsOf = (kind: Kind, role: Role) => median(found[kind].map((each) => each[role]))
const ratioOf = (role: Role) => median(found.baked.map((baked, pair) => baked[role] / (found.bare[pair]?.[role] ?? 0)))
const text = (role: Role) =>
  `${secondsOf('baked', role).toFixed(1)} s with an image, ${secondsOf('bare', role).toFixed(1)} s without`
report(
  'first-boot',
  ratioOf('worker'),
  0.5,
  `a worker: ${text('worker')}; the first master ${ratioOf('master').toFixed(2)}: ${text('master')}`,
)
