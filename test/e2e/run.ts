/**
 * The main path on a real node: bare machine → DISCOVERED → APPROVED → CONFIGURED → PROVISIONING → READY with a kill of
 * the agent and of the controller on the way, a test pod, uninstall, and READY a second time in another cluster.
 */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { interruptible } from '../run/interruption.ts'
import { bundleDirectory, executables } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import {
  awaitState,
  CONTROLLER_PORT,
  copyAgent,
  createCluster,
  importBundle,
  kubectl,
  nodeRow,
  openSite,
  type Site,
} from '../support/site/site.ts'
import { bedNamed, GATEWAY } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { copyIn, downAll, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  commandsOnReadyNode,
  interruptedInstall,
  keepKubernetes,
  planMatchesRun,
  resetAndAgain,
  type Scene,
  secondInstance,
  setScene,
  unprivilegedUserGainsNothing,
} from './agent-commands.ts'
import { badInput } from './bad-input.ts'
import { fullDisk } from './full-disk.ts'
import { story } from './stages.ts'
import { testPodResolves } from './test-pod.ts'

const CLUSTER = 'factory'
const READY_MS = 420_000
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-e2e`)
const interrupted = interruptible(() => downAll(bed))

let site: Site | undefined
let node: Node | undefined
let install: string[] = []
let passphrase = ''
let bundle = ''
const outputs: string[] = []

const here = () => {
  assert(site && node, 'the site is up')
  return { site, node }
}
const { stage, end } = story(say, showDiagnostics, interrupted)

await downAll(bed)
try {
  await stage('bundle built from modules, signed, and verified', async () => {
    bundle = await bundleDirectory(runHere, say)
  })
  await stage('bare node booted', async () => {
    node = await up({ name: 'n1', bed, signal: interrupted })
    site = await openSite(bed)
    await importBundle(site, bundle)
  })
  await stage('prechecks without credentials pass on the bare node and change nothing', prechecksPass)
  await stage('cluster created', async () => {
    const { site, node } = here()
    const credentials = await createCluster(site, { name: CLUSTER, overrides: testbedOverrides() })
    install = await copyAgent(node, credentials, CLUSTER)
    passphrase = (await readFile(join(credentials, `${CLUSTER}-passphrase.txt`), 'utf8')).trim()
  })
  await stage('bad input: one clear error each, the right exit code, no files left behind', async () => {
    await badInput(here().site, here().node, install)
  })
  await stage('install: DISCOVERED', installed)
  await stage('approve: APPROVED', () => order('approve', 'APPROVED'))
  await stage('configure: CONFIGURED', () => order('configure', 'CONFIGURED', '--role', 'master,worker'))
  await stage(
    'provision: PROVISIONING, with the agent killed and the controller restarted on the way: READY',
    async () => {
      await provisionThroughKills()
    },
  )
  await stage('a test pod runs and resolves a service name', () => testPodResolves(here().node))
  await stage('the cluster has the requested version, role and permissions', clusterIsRight)
  await stage('no secret in any output or log', noSecretAnywhere)
  await stage('uninstall: the host is restored, prechecks pass', uninstalled)
  let scene: Scene | undefined
  const onScene = (work: (scene: Scene) => Promise<void>) => async () => {
    assert(scene, 'the second node is up')
    await work(scene)
  }
  await stage('another cluster, with automatic approval, for the same node', async () => {
    scene = await setScene(here().site, here().node)
  })
  await stage(
    'Ctrl-C during an installation: exit code 130, and the same command completes it',
    onScene(interruptedInstall),
  )
  await stage(
    'an unprivileged user who owns the agent and the credentials gains no privileges',
    onScene(unprivilegedUserGainsNothing),
  )
  await stage('a second instance on the node, uninstalled without the first', onScene(secondInstance))
  await stage('a plan changes nothing and matches what the run does: READY', onScene(planMatchesRun))
  await stage('status, logs, and a support bundle without secrets', onScene(commandsOnReadyNode))
  await stage('reset, and READY again', onScene(resetAndAgain))
  await stage('uninstall --keep-kubernetes, then a full uninstall', onScene(keepKubernetes))
  await stage('a full disk during provisioning: the error names it, and a rerun continues', async () => {
    await fullDisk(here().site, bed, interrupted)
  })
  await stage('pair checks of two nodes', async () => {
    await runHere([process.execPath, join(import.meta.dirname, 'pair-checks.ts')], say)
  })
  await stage('prechecks on faulty hosts', async () => {
    await runHere([process.execPath, join(import.meta.dirname, 'prechecks.ts')], say)
  })
} finally {
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

async function prechecksPass(): Promise<void> {
  const { node } = here()
  await copyIn(node, executables.agent, '/root/agent')
  const before = await filesOf(node)
  await checked(node)
  assert.equal(await filesOf(node), before, 'a check changed something')
}

/** Every file on the node's disk with its size and modification time, except /var/log. */
async function filesOf(node: Node): Promise<string> {
  const find = ['find', '/', '-xdev', '-not', '-path', '/var/log/*', '-not', '-type', 'd', '-printf', '%p %s %T@\\n']
  return (await execOk(node, find)).split('\n').sort().join('\n')
}

async function checked(node: Node): Promise<void> {
  const { code, stdout, stderr } = await exec(node, ['/root/agent', 'precheck', '--role', 'master', '-o', 'json'])
  assert.equal(code, 0, stderr + stdout)
  assert.equal(JSON.parse(stdout).hardFailures, 0)
}

async function installed(): Promise<void> {
  const { site, node } = here()
  const { code, stdout, stderr } = await exec(node, install, { timeoutMs: 120_000 })
  outputs.push(stdout, stderr)
  assert.equal(code, 0, stderr + stdout)
  assert.match(stdout, /\[\+\] Step 1\. Installing node agent/)
  assert.match(stdout, /\[\+\] Node registered: id n-[a-z2-7]{10}, key SHA256:\S+, state DISCOVERED/)
  await awaitState(site, 'n1', 'DISCOVERED', 10_000)
}

async function order(verb: string, state: string, ...flags: string[]): Promise<void> {
  const { site } = here()
  const row = await nodeRow(site, 'n1')
  assert(row, 'the controller knows n1')
  await site.admin('node', verb, row.id, ...flags)
  await awaitState(site, 'n1', state, 60_000)
}

async function provisionThroughKills(): Promise<void> {
  const { site, node } = here()
  await site.admin('cluster', 'provision', CLUSTER)
  await awaitState(site, 'n1', 'PROVISIONING', 20_000)
  await reach('etcd is being set up', () => exec(node, ['test', '-e', '/etc/systemd/system/etcd.service']))
  await killAgent(node)
  await site.restartController('SIGKILL', 2_000)
  await reach('the control plane is being set up', () => exec(node, ['test', '-e', '/etc/kubernetes/admin.conf']))
  await killAgent(node)
  await awaitState(site, 'n1', 'READY', READY_MS)
}

async function reach(what: string, look: () => Promise<{ code: number }>): Promise<void> {
  await waitFor(what, async () => ((await look()).code === 0 ? true : undefined), {
    withinMs: 120_000,
    signal: interrupted,
  })
}

/** SIGKILL of the service's main process during its work. systemd kills the other processes and restarts the service. */
async function killAgent(node: Node): Promise<void> {
  await execOk(node, ['systemctl', 'kill', '--kill-whom=main', '--signal=SIGKILL', 'cantrip-agent.service'])
}

async function clusterIsRight(): Promise<void> {
  const { site, node } = here()
  const nodes = JSON.parse((await kubectl(node, 'get', 'nodes', '-o', 'json')).stdout)
  assert.equal(nodes.items.length, 1)
  assert.equal(nodes.items[0].status.nodeInfo.kubeletVersion, DEFAULT_VERSIONS.kubernetes)
  assert.deepEqual(nodes.items[0].spec.taints ?? [], [], 'a converged master has no taint')
  const may = await kubectl(
    node,
    'auth',
    'can-i',
    'delete',
    'pods',
    '--as',
    'system:serviceaccount:cantrip-system:operator',
  )
  assert.equal(may.stdout.trim(), 'no')
  const shown = await site.json<{ state: string; stages: unknown[] }>('cluster', 'show', CLUSTER)
  assert.equal(shown.state, 'READY')
  assert(shown.stages.length > 0)
  say((await kubectl(node, 'get', 'nodes,pods', '-A', '-o', 'wide')).stdout.trimEnd())
}

async function noSecretAnywhere(): Promise<void> {
  const { site, node } = here()
  const journal = await execOk(node, ['journalctl', '--no-pager', '-o', 'cat', '-u', 'cantrip-agent.service'])
  const log = await execOk(node, ['cat', '/var/log/cantrip/agent.log'])
  const secrets: [string, RegExp][] = [
    ['the passphrase', new RegExp(passphrase.replace(/[^A-Za-z0-9]/g, '\\$&'))],
    ['a private key', /PRIVATE KEY/],
    ['a bootstrap token', /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/],
  ]
  for (const text of [journal, log, site.controllerLog(), ...outputs]) {
    for (const [what, pattern] of secrets) assert.doesNotMatch(text, pattern, `found ${what}`)
  }
  assert.match(log, /\S/, 'the log file has lines')
  assert.equal((await exec(node, ['ls', '/etc/cantrip/installer.pem'])).code, 2, 'the installer credentials are gone')
}

async function uninstalled(): Promise<void> {
  const { site, node } = here()
  const row = await nodeRow(site, 'n1')
  const { code, stdout, stderr } = await exec(node, ['/root/agent', '--uninstall', '--yes'], { timeoutMs: 180_000 })
  assert.equal(code, 0, stderr + stdout)
  assert.match(stdout, /host restored: 0 differences\s*$/)
  await checked(node)
  const left = await exec(node, [
    'ls',
    '-d',
    '/etc/kubernetes',
    '/var/lib/cantrip',
    '/etc/cantrip',
    '/usr/local/bin/kubelet',
  ])
  assert.equal(left.stdout, '', 'files of Cantrip left on the node')
  if (row) assert.equal(await nodeRow(site, 'n1'), undefined, 'the controller removed the record of the node')
}

async function showDiagnostics(): Promise<void> {
  if (!site || !node) return
  say(`--- controller (${GATEWAY}:${CONTROLLER_PORT})\n${site.controllerLog().slice(-6_000)}`)
  const journal = await exec(node, [
    'journalctl',
    '--no-pager',
    '-o',
    'cat',
    '-n',
    '120',
    '-u',
    'cantrip-agent.service',
  ])
  say(`--- agent\n${journal.stdout.slice(-12_000)}`)
  const pods = await kubectl(node, 'get', 'pods', '-A', '-o', 'wide')
  say(`--- pods\n${pods.stdout}${pods.stderr}`)
}
