/**
 * A node with a life of its own gets Kubernetes, and gives it back: what a person and other programs have there survives,
 * whenever it came, and the report tells what is ours, what is not, and what was left on purpose. At the end the host is
 * compared with how it was by scripts that share nothing with the product.
 */
import assert from 'node:assert/strict'
import { interruptible } from '../run/interruption.ts'
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
import { bedNamed } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { downAll, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'
import { busyHost } from './busy-host.ts'
import { assertCanaries, type Canaries, liftMount, plantCanaries } from './canaries.ts'
import { independentLook, unlike } from './neighbours/independent-look.ts'
import type { Moment } from './neighbours/kind.ts'
import { isOfCanary, KINDS, type Planted, plant, touched } from './neighbours/neighbours.ts'
import { story } from './stages.ts'

const CLUSTER = 'restored'
const NAME = 'r1'
const READY_MS = 420_000
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-restored`)
const interrupted = interruptible(() => downAll(bed))

/** Lines of the independent look that are of this story's making: of canaries.ts, of busy-host.ts, and how the agent came. */
const OF_THE_STORY =
  /canary|etc-kubernetes-mounted|site-tool|\bbob\b|\/root\/|87-podman|203\.0\.113\.0|:2222\b|process (socat|cat)$|\/etc\/resolv\.conf |\/etc\/site\.conf|site\.log\.1|^file \/var\/lib\/dpkg|domainname|^file \/etc\/kubernetes(\/(theirs|linked))? |^hash \/etc\/kubernetes\/theirs /i

/** Names that are no UTF-8, below directories that are ours: these have to go. */
const ODD_NAMES = `
for directory in /var/lib/cantrip-containerd/odd /var/lib/kubelet/odd /etc/kubernetes/odd /var/log/pods/odd; do
  mkdir -p "$directory" && cd "$directory" && touch "$(printf '\\377')" "$(printf 'a\\nb')" "$(printf '\\033[2J')" && mkdir -p "$(printf 'd\\351')/e"
done`

interface Told {
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
let canaries: Canaries | undefined
let bare: string[] = []
const neighbours = new Map<Moment, Planted>()
const here = () => {
  assert(site && node, 'the site is up')
  return { site, node }
}
const { stage, end } = story(say, showWhatIsKnown, interrupted)

await downAll(bed)
try {
  await stage('a bare node, and a bundle for it', async () => {
    const bundle = await bundleDirectory(runHere, say)
    node = await up({ name: NAME, bed, signal: interrupted })
    site = await openSite(bed)
    await importBundle(site, bundle)
  })
  await stage(`${KINDS.length} kinds of neighbours: those that were there first`, async () => {
    await settle('before')
    bare = await independentLook(here().node)
  })
  await stage('two installations of the agent: the node of a cluster, and one beside it', async () => {
    await installed(CLUSTER, ['--auto-approve'])
    await installed('beside', [], ['-m', 'blue'])
  })
  await stage('neighbours that come once the agent is there', () => settle('installed'))
  await stage('provision: READY', provisioned)
  await stage('the one beside goes, and does not answer for the Kubernetes of the other', async () => {
    const { code, told } = await takenBack('-m', 'blue', '-d')
    assert.deepEqual([code, told.differences, told.leftovers], [0, [], []])
  })
  await stage('life goes on: canaries, a package, an account, a lease, logs, a session', async () => {
    canaries = await plantCanaries(here().node)
    await busyHost(here().node)
    await settle('provisioned')
    await execOk(here().node, ['sh', '-c', ODD_NAMES])
  })
  await stage('uninstall: a mount of the site is left alone with its tree, and named', async () => {
    const { code, told } = await takenBack('-d')
    assert.equal(code, 5, JSON.stringify(told, null, 1))
    assert.deepEqual(told.differences, [])
    assert.deepEqual(
      told.leftovers.map(({ what }) => what),
      ['/etc/kubernetes'],
    )
    assert.match(told.leftovers[0]?.error.fix ?? '', /umount \/etc\/kubernetes\/mounted/)
    for (const what of [
      /^network interface cni0$/,
      /^network namespace cni-/,
      /chain KUBE-SERVICES of nat$/,
      /^process /,
    ])
      assert(
        told.removed.some((one) => what.test(one)),
        `${what} is told:\n${told.removed.join('\n')}`,
      )
    assert.deepEqual(told.removed.filter(isOfCanary), [])
    await assertCanaries(here().node, planted())
    assert.deepEqual(await touched(here().node, neighbours), [])
  })
  await stage('uninstall again, without the mount: restored, and what stays is named', async () => {
    await liftMount(here().node, planted())
    const { code, told } = await takenBack('-d')
    assert.equal(code, 0, JSON.stringify(told, null, 1))
    assert.deepEqual([told.restored, told.differences, told.leftovers, told.notCompared], [true, [], [], []])
    const kept = told.kept.map(({ because }) => because).join('\n')
    assert.match(kept, /\/etc\/kubernetes\/theirs \(of user 1234\)/)
    assert.match(kept, /\/etc\/kubernetes\/linked \(leads to \/srv\/canary\/linked\)/)
    const names = told.unrelated.map(({ what }) => what)
    for (const what of ['/etc/site-tool.conf', '/etc/resolv.conf', 'bob', 'canary.service', 'tcp 0.0.0.0:2222']) {
      assert(names.includes(what), `${what} is told apart:\n${names.join('\n')}`)
    }
    await assertCanaries(here().node, planted())
  })
  await stage('all neighbours are as they were, and scripts of their own find nothing else', async () => {
    assert.deepEqual(await touched(here().node, neighbours), [])
    const found = unlike(bare, await independentLook(here().node))
    const isExplained = (line: string) => isOfCanary(line) || OF_THE_STORY.test(line)
    assert.deepEqual(
      found.filter((line) => !isExplained(line.slice(2))),
      [],
    )
  })
} finally {
  canaries?.connection.close()
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

function planted(): Canaries {
  assert(canaries, 'canaries are planted')
  return canaries
}

async function settle(moment: Moment): Promise<void> {
  neighbours.set(moment, await plant(here().node, moment))
}

async function installed(cluster: string, flags: string[], instance: string[] = []): Promise<void> {
  const { site, node } = here()
  const overrides = cluster === CLUSTER ? testbedOverrides() : {}
  const credentials = await createCluster(site, { name: cluster, overrides, flags })
  const install = await carryAgent(node, credentials, cluster)
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

async function takenBack(...words: string[]): Promise<{ code: number; told: Told }> {
  const argv = ['/root/agent', ...words, '--yes', '-o', 'json']
  const { code, stdout, stderr } = await exec(here().node, argv, { timeoutMs: 240_000 })
  const told = stdout.trim().split('\n').at(-1) ?? ''
  assert(told.startsWith('{'), `exit code ${code}: ${stderr}${stdout}`)
  say(`    ${JSON.stringify({ ...JSON.parse(told), unrelated: undefined })}`)
  return { code, told: JSON.parse(told) }
}

async function showWhatIsKnown(): Promise<void> {
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
