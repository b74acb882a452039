/**
 * A node that other programs also use is provisioned and uninstalled. Foreign objects stay intact, whenever they were
 * created, and the report names what was removed, what is unrelated, and what was kept on purpose. At the end the host is
 * compared with its first state by scripts that share no code with the product.
 */
import assert from 'node:assert/strict'
import { interruptible } from '../run/interruption.ts'
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
import { bedNamed } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { downAll, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'
import { busyHost } from './busy-host.ts'
import {
  assertForeignAppIntact,
  type ForeignApp,
  installForeignApp,
  removeForeignMount,
} from './foreign-objects/foreign-app.ts'
import { isOfForeignObject, KINDS, type Planted, plant, touched } from './foreign-objects/foreign-objects.ts'
import { changedLines, listHost } from './foreign-objects/host-listing.ts'
import type { Moment } from './foreign-objects/kind.ts'
import { story } from './stages.ts'

const CLUSTER = 'restored'
const NAME = 'r1'
const READY_MS = 420_000
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-restored`)
const interrupted = interruptible(() => downAll(bed))

/** Lines of `listHost` that this story causes: by foreign-app.ts, by busy-host.ts, and by the installation of the agent. */
const OF_THE_STORY =
  /foreign-app|etc-kubernetes-mounted|site-tool|\bbob\b|\/root\/|87-podman|203\.0\.113\.0|:2222\b|process (socat|cat)$|\/etc\/resolv\.conf |\/etc\/site\.conf|site\.log\.1|^file \/var\/lib\/dpkg|domainname|^file \/etc\/kubernetes(\/(theirs|linked))? |^hash \/etc\/kubernetes\/theirs /i

/** Files below directories of Cantrip whose names are not valid UTF-8. They must be removed. */
const ODD_NAMES = `
for directory in /var/lib/cantrip-containerd/odd /var/lib/kubelet/odd /etc/kubernetes/odd /var/log/pods/odd; do
  mkdir -p "$directory" && cd "$directory" && touch "$(printf '\\377')" "$(printf 'a\\nb')" "$(printf '\\033[2J')" && mkdir -p "$(printf 'd\\351')/e"
done`

interface UninstallReport {
  restored: boolean
  removed: string[]
  differences: { what: string }[]
  leftovers: { what: string; error: { message: string; fix: string } }[]
  kept: { what: string; because: string }[]
  unrelated: { what: string; why: string }[]
  notCompared: string[]
}

let site: Site | undefined
let node: Node | undefined
let foreignApp: ForeignApp | undefined
let bare: string[] = []
const foreignObjects = new Map<Moment, Planted>()
const here = () => {
  assert(site && node, 'the site is up')
  return { site, node }
}
const { stage, end } = story(say, showDiagnostics, interrupted)

await downAll(bed)
try {
  await stage('a bare node, and a bundle for it', async () => {
    const bundle = await bundleDirectory(runHere, say)
    node = await up({ name: NAME, bed, signal: interrupted })
    site = await openSite(bed)
    await importBundle(site, bundle)
  })
  await stage(`${KINDS.length} kinds of foreign objects before the installation`, async () => {
    await createObjects('before')
    bare = await listHost(here().node)
  })
  await stage('two installations of the agent: one of the cluster, and a second instance', async () => {
    await installed(CLUSTER, ['--auto-approve'])
    await installed('beside', [], ['-m', 'blue'])
  })
  await stage('foreign objects after the installation', () => createObjects('installed'))
  await stage('provision: READY', provisioned)
  await stage('the second instance is uninstalled, and does not report the Kubernetes of the first', async () => {
    const { code, report } = await uninstall('-m', 'blue', '-d')
    assert.deepEqual([code, report.differences, report.leftovers], [0, [], []])
  })
  await stage(
    'foreign objects after provisioning: an application, a package, an account, a lease, logs, a session',
    async () => {
      foreignApp = await installForeignApp(here().node)
      await busyHost(here().node)
      await createObjects('provisioned')
      await execOk(here().node, ['sh', '-c', ODD_NAMES])
    },
  )
  await stage('uninstall: a foreign mount is kept with its directory tree, and reported', async () => {
    const { code, report } = await uninstall('-d')
    assert.equal(code, 5, JSON.stringify(report, null, 1))
    assert.deepEqual(report.differences, [])
    assert.deepEqual(
      report.leftovers.map(({ what }) => what),
      ['/etc/kubernetes'],
    )
    assert.match(report.leftovers[0]?.error.fix ?? '', /umount \/etc\/kubernetes\/mounted/)
    for (const what of [
      /^network interface cni0$/,
      /^network namespace cni-/,
      /chain KUBE-SERVICES of nat$/,
      /^process /,
    ])
      assert(
        report.removed.some((one) => what.test(one)),
        `${what} is reported:\n${report.removed.join('\n')}`,
      )
    assert.deepEqual(report.removed.filter(isOfForeignObject), [])
    await assertForeignAppIntact(here().node, installedForeignApp())
    assert.deepEqual(await touched(here().node, foreignObjects), [])
  })
  await stage('uninstall again, without the mount: restored, and the report names what is kept', async () => {
    await removeForeignMount(here().node, installedForeignApp())
    const { code, report } = await uninstall('-d')
    assert.equal(code, 0, JSON.stringify(report, null, 1))
    assert.deepEqual([report.restored, report.differences, report.leftovers, report.notCompared], [true, [], [], []])
    const kept = report.kept.map(({ because }) => because).join('\n')
    assert.match(kept, /\/etc\/kubernetes\/theirs \(of user 1234\)/)
    assert.match(kept, /\/etc\/kubernetes\/linked \(leads to \/srv\/foreign-app\/linked\)/)
    const names = report.unrelated.map(({ what }) => what)
    for (const what of ['/etc/site-tool.conf', '/etc/resolv.conf', 'bob', 'foreign-app.service', 'tcp 0.0.0.0:2222']) {
      assert(names.includes(what), `${what} is reported as unrelated:\n${names.join('\n')}`)
    }
    await assertForeignAppIntact(here().node, installedForeignApp())
  })
  await stage('all foreign objects are unchanged, and independent scripts find no other difference', async () => {
    assert.deepEqual(await touched(here().node, foreignObjects), [])
    const found = changedLines(bare, await listHost(here().node))
    const isExplained = (line: string) => isOfForeignObject(line) || OF_THE_STORY.test(line)
    assert.deepEqual(
      found.filter((line) => !isExplained(line.slice(2))),
      [],
    )
  })
} finally {
  foreignApp?.connection.close()
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

function installedForeignApp(): ForeignApp {
  assert(foreignApp, 'the foreign application is installed')
  return foreignApp
}

async function createObjects(moment: Moment): Promise<void> {
  foreignObjects.set(moment, await plant(here().node, moment))
}

async function installed(cluster: string, flags: string[], instance: string[] = []): Promise<void> {
  const { site, node } = here()
  const overrides = cluster === CLUSTER ? testbedOverrides() : {}
  const credentials = await createCluster(site, { name: cluster, overrides, flags })
  const install = await copyAgent(node, credentials, cluster)
  const { code, stdout, stderr } = await exec(node, [...install, ...instance], { timeoutMs: 120_000 })
  assert.equal(code, 0, stderr + stdout)
}

async function provisioned(): Promise<void> {
  const { site } = here()
  await awaitState(site, NAME, 'APPROVED', 30_000)
  const row = await nodeRow(site, NAME)
  assert(row, 'the controller knows the node')
  await site.admin('node', 'configure', row.id, '--role', 'master,worker')
  await site.admin('cluster', 'provision', CLUSTER)
  await awaitState(site, NAME, 'READY', READY_MS)
}

async function uninstall(...words: string[]): Promise<{ code: number; report: UninstallReport }> {
  const argv = ['/root/agent', ...words, '--yes', '-o', 'json']
  const { code, stdout, stderr } = await exec(here().node, argv, { timeoutMs: 240_000 })
  const text = stdout.trim().split('\n').at(-1) ?? ''
  assert(text.startsWith('{'), `exit code ${code}: ${stderr}${stdout}`)
  say(`    ${JSON.stringify({ ...JSON.parse(text), unrelated: undefined })}`)
  return { code, report: JSON.parse(text) }
}

async function showDiagnostics(): Promise<void> {
  if (!site || !node) return
  say(`--- controller\n${site.controllerLog().slice(-3_000)}`)
  const log = await waitFor(
    'log',
    async () => exec(here().node, ['journalctl', '-o', 'cat', '-n', '60', '--no-pager']),
    { withinMs: 5_000 },
  )
  say(`--- node\n${log.stdout}`)
  const state = await execOk(node, [
    'sh',
    '-c',
    'findmnt -rno TARGET | grep -v ^/proc; ls -lR /etc/kubernetes /etc/cni; true',
  ])
  say(state)
}
