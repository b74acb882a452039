/**
 * `cluster precheck` between two real nodes, with firewalls and links that block it. Needs neither Kubernetes nor a
 * bundle. To run it alone: node test/e2e/pair-checks.ts
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PairFinding, PairReport } from '../../src/protocol/api/pair-report.ts'
import { interruptible } from '../run/interruption.ts'
import { awaitState, copyAgent, createCluster, openSite, type Site } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { downAll, up } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { story } from './stages.ts'

const CLUSTER = 'pairs'
/** The ports on which a pair check may listen. */
const PORTS = /:(6443|2379|2380|10250|8472)\b/
const LEDGER = '/var/lib/cantrip/ledger/ledger.jsonl'
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-pairs`)
const interrupted = interruptible(() => downAll(bed))

let site: Site | undefined
const nodes: Node[] = []
const { stage, end } = story(say, async () => say(site?.controllerLog().slice(-2_000) ?? ''), interrupted)

function here(): { site: Site; n1: Node; n2: Node } {
  const [n1, n2] = nodes
  assert(site && n1 && n2, 'the site is up')
  return { site, n1, n2 }
}

/** Returns the report, and checks that the exit code matches it. */
async function precheck(): Promise<PairReport> {
  const { code, stdout, stderr } = await here().site.cli(['cluster', 'precheck', CLUSTER, '-o', 'json'])
  assert(code === 0 || code === 3, `exit code ${code}: ${stderr}`)
  const report: PairReport = JSON.parse(stdout)
  assert.equal(code, report.hardFailures > 0 ? 3 : 0)
  return report
}

const short = ({ findings }: PairReport) =>
  findings.map(
    ({ verdict, from, to, port, kind, found }: PairFinding) =>
      `${verdict} ${from.join(',')} → ${to} ${port ?? kind}: ${found}`,
  )

async function block(node: Node, rule: string): Promise<void> {
  await execOk(node, ['nft', 'add table inet site'])
  await execOk(node, ['nft', 'add chain inet site guard { type filter hook input priority 0; }'])
  await execOk(node, ['nft', `add rule inet site guard ${rule}`])
}

async function unblock(): Promise<void> {
  for (const node of nodes) await exec(node, ['nft', 'delete table inet site'])
}

const listening = async (node: Node) =>
  (await execOk(node, ['ss', '-Hlntu'])).split('\n').filter((line) => PORTS.test(line))

await downAll(bed)
try {
  await stage('two nodes, installed, approved and configured', async () => {
    for (const name of ['n1', 'n2']) nodes.push(await up({ name, bed, signal: interrupted }))
    site = await openSite(bed)
    const credentials = await createCluster(site, { name: CLUSTER, overrides: {}, flags: ['--auto-approve'] })
    for (const node of nodes) {
      const { code, stderr, stdout } = await exec(node, await copyAgent(node, credentials, CLUSTER), {
        timeoutMs: 120_000,
      })
      assert.equal(code, 0, stderr + stdout)
      await awaitState(site, node.name, 'APPROVED', 30_000)
    }
    await site.admin('node', 'configure', 'n1', '--role', 'master,worker')
    await site.admin('node', 'configure', 'n2', '--role', 'worker')
  })
  await stage('healthy nodes: the pair passes, the ledger is unchanged, no port stays open', async () => {
    const { site, n1, n2 } = here()
    const before = await execOk(n1, ['sha256sum', LEDGER])
    const { code, stdout } = await site.cli(['cluster', 'precheck', CLUSTER])
    assert.match(
      stdout,
      /^1 of 1 pairs fine \(2 nodes\), round trips [\d.]+ ms, slowest [\d.]+ ms, clocks within [\d.]+ ms/,
    )
    say(stdout.trim())
    assert.equal(code, 0)
    assert.equal(await execOk(n1, ['sha256sum', LEDGER]), before)
    for (const node of [n1, n2]) assert.deepEqual(await listening(node), [])
  })
  await stage('packets dropped in one direction, and in both', async () => {
    const { n1, n2, site } = here()
    await block(n2, 'udp dport 8472 drop')
    assert.deepEqual(short(await precheck()), [
      'fail n1 → n2 8472/udp: filtered: no answer came back; the other direction is open',
    ])
    await block(n1, 'udp dport 8472 drop')
    assert.deepEqual(short(await precheck()), [
      'fail n1 → n2 8472/udp: filtered: no answer came back; the other direction is blocked too',
      'fail n2 → n1 8472/udp: filtered: no answer came back; the other direction is blocked too',
    ])
    const { stdout, code } = await site.cli(['cluster', 'precheck', CLUSTER])
    assert.equal(code, 3)
    say(stdout.trim())
    await unblock()
  })
  await stage('the report distinguishes a rejected port from a dropped one, and the fix opens it', async () => {
    const { n1 } = here()
    await block(n1, 'tcp dport 6443 reject')
    const rejected = await precheck()
    assert.deepEqual(short(rejected), [
      'fail n2 → n1 6443/tcp: refused: a firewall rejects it (RST or ICMP port unreachable)',
    ])
    await unblock()
    await block(n1, 'tcp dport 6443 drop')
    const dropped = await precheck()
    assert.deepEqual(short(dropped), ['fail n2 → n1 6443/tcp: filtered: no answer came back'])
    assert.equal(dropped.findings[0]?.on, 'n1')
    await execOk(n1, ['sh', '-c', dropped.findings[0]?.fix ?? ''])
    assert.deepEqual(short(await precheck()), [])
    await unblock()
  })
  await stage('a link with a smaller MTU than the sender', async () => {
    const { n2 } = here()
    await execOk(n2, ['ip', 'link', 'set', 'dev', 'host0', 'mtu', '1400'])
    assert.deepEqual(short(await precheck()), [
      'fail n1 → n2 mtu: packets of 1500 bytes do not arrive unfragmented; the largest that arrives has 1400',
    ])
    await execOk(n2, ['ip', 'link', 'set', 'dev', 'host0', 'mtu', '1500'])
    assert.deepEqual(short(await precheck()), [])
  })
  await stage('no port stays open after Ctrl-C, nor after an agent is killed', async () => {
    const { site, n1, n2 } = here()
    // A filtered port takes time to check, so that there is something to interrupt.
    await block(n1, 'tcp dport 6443 drop')
    const open = () =>
      waitFor('n1 to listen', async () => ((await listening(n1)).length > 0 ? true : undefined), { withinMs: 10_000 })
    const closed = (node: Node) =>
      waitFor(`${node.name} to stop listening`, async () => ((await listening(node)).length === 0 ? true : undefined), {
        withinMs: 3_000,
      })
    const ctrlC = new AbortController()
    const aborted = site.cli(['cluster', 'precheck', CLUSTER], { signal: ctrlC.signal }).catch(() => undefined)
    await open()
    ctrlC.abort()
    await aborted
    for (const node of [n1, n2]) await closed(node)

    const killed = precheck()
    await open()
    await execOk(n1, ['systemctl', 'kill', '--signal=KILL', 'cantrip-agent'])
    await closed(n1)
    const report = await killed
    assert(
      report.findings.some(({ kind, to }) => kind === 'node' && to === 'n1'),
      JSON.stringify(report.findings),
    )
    await closed(n2)
    await unblock()
    await sleep(1_000)
    await waitFor(
      'n1 to reconnect, and all checks to pass',
      async () =>
        short(await precheck().catch(() => ({ findings: [{}] }) as PairReport)).length === 0 ? true : undefined,
      { withinMs: 60_000 },
    )
  })
} finally {
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()
