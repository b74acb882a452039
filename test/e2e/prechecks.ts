/**
 * Prechecks on a real node without Kubernetes: misbehaving servers in its network, ignored checks that the administrator
 * sees, and fixes of `--fix` that uninstall reverts.
 */
import assert from 'node:assert/strict'
import { interruptible } from '../run/interruption.ts'
import { awaitState, copyAgent, createCluster, nodeRow, openSite, type Site } from '../support/site/site.ts'
import { bedNamed, GATEWAY } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { boot, downAll, kill, up } from '../support/testbed/nodes.ts'
import { unpackPackage } from '../support/testbed/unpack-package.ts'
import { changeFile, checked } from './checked-node.ts'
import { configurationFaultsAreFixed } from './configuration-faults.ts'
import { damagedAgent, readOnlyState } from './damaged-agent.ts'
import { startOddServers } from './odd-network.ts'
import { addressOfItsOwn, noRoute } from './odd-routes.ts'
import { hangingResolver, oddProxies, wrongTimeServer } from './precheck-scenes.ts'
import { printedFixes } from './printed-fixes.ts'
import { story } from './stages.ts'

const NAME = 'checked'
const CLUSTER = 'careful'
const LEDGER = '/var/lib/cantrip/ledger/ledger.jsonl'
const HARDENING = '/etc/sysctl.d/99-hardening.conf'
const FIXED = '/etc/sysctl.d/zz-cantrip-precheck.conf'
const SWAPPING = '/etc/systemd/system/tune.service'
const REASON = 'the image has a kubelet in it'

const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-prechecks`)
const interrupted = interruptible(() => downAll(bed))

let site: Site | undefined
let node: Node | undefined
let install: string[] = []
let stopOddServers = () => {}

const here = () => {
  assert(site && node, 'the site is up')
  return { site, node }
}
const { stage, end } = story(
  say,
  async () => {
    if (site && node) say(site.controllerLog().slice(-3_000))
  },
  interrupted,
)

await downAll(bed)
try {
  await stage('a node and a controller', async () => {
    node = await up({ name: NAME, bed, signal: interrupted })
    // It occupies port 53 later.
    await unpackPackage(node, 'dnsmasq-base', interrupted)
    site = await openSite(bed)
    install = await copyAgent(node, await createCluster(site, { name: CLUSTER, overrides: {} }), CLUSTER)
    stopOddServers = await startOddServers(bed)
  })
  await stage('foreign configuration and missing kernel interfaces: each printed fix works', () =>
    configurationFaultsAreFixed(here().node),
  )
  await stage('no route to name servers and time servers', () => noRoute(here().node, install))
  await stage('a /32 address next to docker0', () => addressOfItsOwn(here().node))
  await stage('a DNS server that does not answer', () => hangingResolver(here().node))
  await stage('a time server that is 10 s ahead', () => wrongTimeServer(here().node))
  await stage('a proxy that answers 403 or 407, does not answer, or inspects TLS', () =>
    oddProxies(here().node, install.slice(1)),
  )
  await stage('-t prints what precheck prints, and JUnit for CI systems', checkOnly)
  await stage('--fix asks first, fixes, and checks again', fixed)
  await stage('the administrator sees an ignored failure before approval', ignoredCheckIsReported)
  await stage('damaged files of the agent', () => damagedAgent(here().node, install))
  await stage('a read-only state directory', () => readOnlyState(here().node))
  await stage('uninstall reverts the changes of --fix', uninstallRevertsFixes)
  await stage('each printed fix works, outlives a reboot, and leaves unrelated objects alone', () =>
    printedFixes(here().node, async () => {
      await kill(here().node)
      await boot(here().node, interrupted)
    }),
  )
} finally {
  stopOddServers()
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

async function checkOnly(): Promise<void> {
  const { node } = here()
  const table = await exec(node, [...install, '-t', '--role', 'worker'], { timeoutMs: 60_000 })
  assert.equal(table.code, 0, table.stderr + table.stdout)
  assert.match(table.stdout, /^pass {2}controller +https:\/\/\S+ answers$/m)
  assert.match(table.stdout, /^\d+ passed(, \d+ warnings?)?(, \d+ skipped)?\n$/m)
  assert(!table.stdout.includes('\x1b'), 'no colours without a terminal')
  const junit = await exec(node, [...install, '-t', '-o', 'junit'], { timeoutMs: 60_000 })
  assert.match(junit.stdout, /^<\?xml .*\n<testsuite name="precheck" tests="\d+" failures="0" errors="0"/)
  const left = await exec(node, ['ls', '-d', '/etc/cantrip', '/var/lib/cantrip'])
  assert.equal(left.stdout, '', 'the prechecks left files behind')
}

async function fixed(): Promise<void> {
  const { node } = here()
  await changeFile(node, '/etc/resolv.conf', `nameserver ${GATEWAY}\noptions timeout:2 rotate\n`)
  await changeFile(node, HARDENING, 'net.ipv4.ip_forward = 0\n')
  await changeFile(
    node,
    SWAPPING,
    '[Service]\nExecStart=/bin/sh -c "true swapon"\n[Install]\nWantedBy=multi-user.target\n',
  )
  await execOk(node, ['systemctl', 'enable', 'tune.service'])
  const fix = ['/root/agent', 'precheck', '--role', 'worker', '--fix']
  const unasked = await exec(node, fix, { timeoutMs: 60_000 })
  assert.equal(unasked.code, 2, unasked.stdout + unasked.stderr)
  assert.match(
    unasked.stdout,
    /Removing rotate from the DNS configuration\n {4}file {2}\/etc\/resolv\.conf\n {8}undo: /,
  )
  assert.match(await execOk(node, ['cat', '/etc/resolv.conf']), /rotate/)
  assert.equal((await exec(node, [...fix, '-o', 'json'], { timeoutMs: 60_000 })).code, 2)

  const { code, stdout, stderr } = await exec(node, [...fix, '--yes'], { timeoutMs: 120_000 })
  assert.equal(code, 0, stdout + stderr)
  const [before = '', rest = ''] = stdout.split('--fix makes these changes')
  const after = rest.slice(rest.lastIndexOf('[+] Step'))
  assert.match(before, /^FAIL {2}resolv-conf/m)
  assert.match(after, /^pass {2}resolv-conf[\s\S]*^pass {2}swap [\s\S]*^pass {2}sysctl/m, stdout)
  assert.match(before, /^WARN {2}swap +off until the next boot: tune\.service/m)
  assert.equal((await exec(node, ['systemctl', 'is-enabled', 'tune.service'])).stdout, 'disabled\n')
  assert.equal(await execOk(node, ['cat', '/etc/resolv.conf']), `nameserver ${GATEWAY}\noptions timeout:2\n`)
  assert.match(await execOk(node, ['cat', FIXED]), /^net\.ipv4\.ip_forward = 1$/m)
  const again = await exec(node, [...fix, '--yes', '-o', 'json'], { timeoutMs: 60_000 })
  assert.deepEqual(JSON.parse(again.stdout).mended, [])
}

async function ignoredCheckIsReported(): Promise<void> {
  const { site, node } = here()
  await execOk(node, ['cp', '/usr/bin/true', '/usr/bin/kubelet'])
  const refused = await exec(node, install, { timeoutMs: 60_000 })
  assert.equal(refused.code, 3, refused.stdout + refused.stderr)
  assert.match(refused.stderr, /hard prechecks failed: previous-kubernetes; no changes were made/)
  const ignoring = [...install, '--ignore-check', `previous-kubernetes=${REASON}`]
  const { code, stdout, stderr } = await exec(node, ignoring, { timeoutMs: 120_000 })
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, new RegExp(`ignored: ${REASON}`))
  await awaitState(site, NAME, 'DISCOVERED', 10_000)
  const row = await nodeRow(site, NAME)
  assert(row, 'the controller knows the node')
  const shown = await site.json<{ state: string; warnings: { id: string; ignored?: string }[] }>('node', 'show', row.id)
  assert.equal(shown.state, 'DISCOVERED')
  assert.equal(shown.warnings.find(({ id }) => id === 'previous-kubernetes')?.ignored, REASON)
  const text = await site.admin('node', 'show', row.id)
  assert.match(text, new RegExp(`\\[!\\] previous-kubernetes: .*\\n {4}ignored on the node: ${REASON}`))
  const noted = (await execOk(node, ['cat', LEDGER])).split('\n').filter((line) => line.includes('"check-ignored"'))
  assert.equal(noted.length, 1)
  assert(noted[0]?.includes(REASON))

  await execOk(node, ['rm', '/usr/bin/kubelet'])
  assert.equal((await exec(node, install, { timeoutMs: 120_000 })).code, 0)
  const after = await site.json<typeof shown>('node', 'show', row.id)
  assert.deepEqual(
    after.warnings.filter(({ id }) => id === 'previous-kubernetes'),
    [],
    'a fixed check is no longer shown',
  )
  assert.match(await site.admin('node', 'approve', row.id), /APPROVED/)
}

async function uninstallRevertsFixes(): Promise<void> {
  const { node } = here()
  const { code, stdout, stderr } = await exec(node, ['/root/agent', '--uninstall', '--yes'], { timeoutMs: 120_000 })
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /host restored: 0 differences\s*$/)
  assert.equal(await execOk(node, ['cat', '/etc/resolv.conf']), `nameserver ${GATEWAY}\noptions timeout:2 rotate\n`)
  assert.equal((await exec(node, ['ls', FIXED, '/var/lib/cantrip'])).stdout, '')
  assert.equal(await execOk(node, ['systemctl', 'is-enabled', 'tune.service']), 'enabled\n')
  assert.equal((await checked(node)).of('resolv-conf').verdict, 'fail')
}
