/**
 * A table of hosts. Each is prepared on a bare node, checked by `agent precheck`, installed on, and uninstalled. Checks must
 * report broken hosts, and hard checks refuse the installation. On healthy hosts no check may complain, and uninstall finds
 * 0 differences. `run.ts [TEXT]...` runs the hosts whose description contains one of the texts.
 */
import assert from 'node:assert/strict'
import { interruptible } from '../../run/interruption.ts'
import { copyAgent, createCluster, openSite, type Site } from '../../support/site/site.ts'
import { bedNamed } from '../../support/testbed/bed.ts'
import { exec, type Node } from '../../support/testbed/machine.ts'
import { downAll, up } from '../../support/testbed/nodes.ts'
import { unpackPackage } from '../../support/testbed/unpack-package.ts'
import { uninstallAll } from '../shape.ts'
import { BROKEN_HOSTS } from './broken.ts'
import { HEALTHY_HOSTS } from './healthy.ts'
import { type Host, RESTORE, SHELL_FUNCTIONS } from './host.ts'

const NODES = ['one', 'two', 'three']
const CLUSTER = 'hosts'
const TIMEOUT = { timeoutMs: 180_000 }
/** These measure the moment, not the machine. */
const VARIES = ['time-skew', 'etcd-disk']

interface Verdict {
  id: string
  verdict: string
  found: string
  fix: string | null
}

interface Bare {
  node: Node
  install: readonly string[]
  /** The verdict of each check on the unchanged node. */
  verdicts: ReadonlyMap<string, string>
}

const words = process.argv.slice(2)
const hosts = [...BROKEN_HOSTS, ...HEALTHY_HOSTS].filter(
  ({ host }) => words.length === 0 || words.some((word) => host.includes(word)),
)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-hosts`)
const interrupted = interruptible(() => downAll(bed))
let site: Site | undefined
let failed = 0

await downAll(bed)
try {
  const nodes = await Promise.all(NODES.map((name) => up({ name, bed, signal: interrupted })))
  site = await openSite(bed)
  const credentials = await createCluster(site, { name: CLUSTER, overrides: {} })
  const waiting = [...hosts]
  await Promise.all(
    nodes.map(async (node) => {
      const bare = await prepare(node, credentials)
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runHost(bare, next)
    }),
  )
} finally {
  await site?.close()
  await downAll(bed)
}
console.log(`${hosts.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function prepare(node: Node, credentials: string): Promise<Bare> {
  for (const name of ['dnsmasq-base', 'systemd-resolved', 'firewalld']) await unpackPackage(node, name, interrupted)
  const install = await copyAgent(node, credentials, CLUSTER)
  const bare = { node, install, verdicts: new Map<string, string>() }
  const { code, verdicts } = await precheck(bare, { host: 'bare', make: '' })
  assert.equal(code, 0, JSON.stringify(verdicts))
  return { ...bare, verdicts: new Map(verdicts.map(({ id, verdict }) => [id, verdict])) }
}

async function runHost(bare: Bare, host: Host): Promise<void> {
  const startedMs = performance.now()
  const say = (mark: string, more = '') => {
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
    console.log(`${mark} ${host.host} (${bare.node.name}, ${seconds} s)${more}`)
  }
  try {
    await checkHost(bare, host)
    say('✓')
  } catch (error) {
    failed += 1
    say('✗', `\n${error instanceof Error ? error.message : error}`)
  }
}

async function checkHost(bare: Bare, host: Host): Promise<void> {
  let isInstalled = false
  await shell(bare.node, host.make)
  try {
    // A refused installation changes nothing, so both can run at the same time.
    const refused = host.install !== undefined && host.install !== 0
    const [seen, installed] = refused
      ? await Promise.all([precheck(bare, host), install(bare, host)])
      : [await precheck(bare, host), await install(bare, host)]
    isInstalled = installed.code === 0
    const found = new Map(seen.verdicts.map(({ id, verdict }) => [id, verdict]))
    const expected = new Map([...bare.verdicts, ...Object.entries(host.verdicts ?? {})])
    assert.deepEqual(
      differences(found, bare.verdicts),
      differences(expected, bare.verdicts),
      foundIn(seen.verdicts, bare),
    )
    const [first] = Object.keys(host.verdicts ?? {})
    const about = seen.verdicts.find(({ id }) => id === first)
    if (host.found) assert.match(about?.found ?? '', host.found)
    assert.equal(seen.code, host.precheck ?? 0, 'exit code of precheck')
    assert.equal(installed.code, host.install ?? 0, `exit code of install\n${installed.stdout}${installed.stderr}`)
    if (host.fixed && about) await fix(bare, host, about)
  } finally {
    const uninstalled = isInstalled ? uninstallAll([bare.node]) : Promise.resolve()
    await uninstalled.finally(() => shell(bare.node, `${RESTORE}${host.restore ?? ''}`))
  }
}

async function fix(bare: Bare, host: Host, about: Verdict): Promise<void> {
  const { code, stderr } = await exec(bare.node, ['sh', '-c', about.fix ?? 'false'], TIMEOUT)
  assert.equal(code, 0, `${about.fix}\n${stderr}`)
  const after = (await precheck(bare, host)).verdicts.find(({ id }) => id === about.id)
  assert([bare.verdicts.get(about.id), 'pass'].includes(after?.verdict), `after the fix: ${after?.found}`)
}

async function shell(node: Node, script: string): Promise<void> {
  const { code, stdout, stderr } = await exec(node, ['bash', '-c', `${SHELL_FUNCTIONS}${script}`], TIMEOUT)
  assert.equal(code, 0, `${script}\n${stdout}${stderr}`)
}

async function precheck(bare: Bare, { through = [], alone }: Host): Promise<{ code: number; verdicts: Verdict[] }> {
  const [agent = '', ...credentials] = bare.install
  const argv = [...through, agent, 'precheck', '--role', 'worker', '-o', 'json', ...(alone ? [] : credentials)]
  const { code, stdout, stderr } = await exec(bare.node, argv, TIMEOUT)
  assert.match(stdout, /^\{/, `no JSON, exit code ${code}: ${stderr}${stdout}`)
  return { code, verdicts: JSON.parse(stdout).checks }
}

function install(bare: Bare, { through = [] }: Host) {
  return exec(bare.node, [...through, ...bare.install, '--role', 'worker'], TIMEOUT)
}

/** The verdicts that differ from the bare node. */
function differences(verdicts: ReadonlyMap<string, string>, bare: ReadonlyMap<string, string>): Record<string, string> {
  const changed = [...verdicts].filter(([id, verdict]) => verdict !== bare.get(id) && !varies(id, verdict))
  return Object.fromEntries(changed.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The nodes share the disk of the machine, which fills up and empties meanwhile: between `pass` and `warn` that decides. */
function varies(id: string, verdict: string): boolean {
  return VARIES.includes(id) || (id === 'disk' && verdict !== 'fail')
}

function foundIn(verdicts: readonly Verdict[], bare: Bare): string {
  const changed = verdicts.filter(({ id, verdict }) => verdict !== bare.verdicts.get(id))
  return `verdicts that differ from the bare node:\n${changed.map(({ id, verdict, found }) => `  ${verdict} ${id}: ${found}`).join('\n')}`
}
