import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { awaitState, copyAgent, createCluster, kubectl, nodeRow, type Site } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'
import { noPrivilegeEscalation, onlyRootCanWrite } from './privilege-escalation.ts'

const CLUSTER = 'verbs'
const NAME = 'n1'
const READY_MS = 420_000
const LEDGER = '/var/lib/cantrip/ledger/ledger.jsonl'

/** A node, restored by an uninstall, and another cluster for the commands that the main path does not use. */
export interface Scene {
  site: Site
  node: Node
  install: string[]
  passphrase: string
}

export async function setScene(site: Site, node: Node): Promise<Scene> {
  const credentials = await createCluster(site, {
    name: CLUSTER,
    overrides: testbedOverrides(),
    flags: ['--auto-approve'],
  })
  const install = await copyAgent(node, credentials, CLUSTER)
  const passphrase = (await readFile(join(credentials, `${CLUSTER}-passphrase.txt`), 'utf8')).trim()
  return { site, node, install, passphrase }
}

/** Ctrl-C after the prechecks: exit code 130, a message how to continue, and the same command completes the installation. */
export async function interruptedInstall({ site, node, install }: Scene): Promise<void> {
  const output = ['StandardOutput=file:/root/install.out', 'StandardError=file:/root/install.out']
  await execOk(node, ['systemd-run', '--unit=try', ...output.flatMap((o) => ['-p', o]), ...install])
  const interrupt =
    'until grep -q prechecks /root/install.out; do sleep 0.02; done; systemctl kill --kill-whom=main -s INT try'
  await execOk(node, ['sh', '-c', interrupt], { timeoutMs: 60_000 })
  const status = await waitFor(
    'end of the installation',
    async () => {
      const shown = await execOk(node, ['systemctl', 'show', 'try', '--property=ActiveState,ExecMainStatus'])
      return /ActiveState=(failed|inactive)/.test(shown) ? shown : undefined
    },
    { withinMs: 30_000 },
  )
  const said = await execOk(node, ['cat', '/root/install.out'])
  assert.match(status, /ExecMainStatus=130/, said)
  assert.match(said, /interrupted[\s\S]*fix: run the same command again/)
  assert.doesNotMatch(said, /\n\s+at /)
  const again = await exec(node, install, { timeoutMs: 120_000 })
  assert.equal(again.code, 0, again.stderr + again.stdout)
  await awaitState(site, NAME, 'APPROVED', 30_000)
}

/** The installation runs again from files that an unprivileged user owns. */
export async function unprivilegedUserGainsNothing({ node, install }: Scene): Promise<void> {
  await noPrivilegeEscalation(node, install)
}

/** `-m blue` installs a second instance for another cluster; `-m blue -d` uninstalls only that instance. */
export async function secondInstance({ site, node }: Scene): Promise<void> {
  const credentials = await createCluster(site, { name: 'beside', overrides: {} })
  const [agent = '', ...creds] = await copyAgent(node, credentials, 'beside')
  const { code, stdout, stderr } = await exec(node, [agent, ...creds, '-m', 'blue'], { timeoutMs: 120_000 })
  assert.equal(code, 0, stderr + stdout)
  const blue = JSON.parse(await execOk(node, [agent, 'status', '-m', 'blue', '-o', 'json']))
  assert.deepEqual([blue.state, blue.cluster], ['DISCOVERED', 'beside'])
  const before = JSON.parse(await execOk(node, [agent, 'status', '-o', 'json']))
  assert.deepEqual([before.state, before.cluster, before.connected], ['APPROVED', CLUSTER, true])
  const removed = await execOk(node, [agent, '-m', 'blue', '-d', '--yes'], { timeoutMs: 60_000 })
  assert.match(removed, /host restored: 0 differences\s*$/)
  const left = await exec(node, ['sh', '-c', 'ls -d /*/*/*cantrip-blue* /*/*cantrip-blue* /usr/local/bin/*blue*'])
  assert.equal(left.stdout, '', 'files of the instance left behind')
  assert.deepEqual(JSON.parse(await execOk(node, [agent, 'status', '-o', 'json'])), before)
  await site.admin('cluster', 'delete', 'beside', '--force', '--yes')
}

/** The service is stopped when it has the instruction. The plan changes nothing, and the run makes the planned changes. */
export async function planMatchesRun({ site, node, install }: Scene): Promise<void> {
  const [agent = ''] = install
  await order(site)
  await waitFor(
    'instruction',
    async () => ((await exec(node, ['test', '-s', '/var/lib/cantrip/instruction.json'])).code === 0 ? true : undefined),
    { withinMs: 60_000 },
  )
  await execOk(node, ['systemctl', 'stop', 'cantrip-agent'], { timeoutMs: 90_000 })
  const before = await changesOf(node)
  await execOk(node, ['touch', '/root/before'])
  const text = await execOk(node, [agent, 'plan'], { timeoutMs: 60_000 })
  const plan = JSON.parse(await execOk(node, [agent, 'plan', '-o', 'json'], { timeoutMs: 60_000 }))
  const written = ['find', '/etc', '/usr/local', '/opt', '/var/lib/cantrip', '-xdev', '-newer', '/root/before']
  assert.equal(await execOk(node, written), '', 'the plan changed something')
  assert.deepEqual(await changesOf(node), before)
  assert.match(text, /Starting etcd\n {4}.*etcd/)

  await execOk(node, ['systemctl', 'start', 'cantrip-agent'])
  await awaitState(site, NAME, 'READY', READY_MS)
  const run = new Set((await changesOf(node)).slice(before.length))
  const planned = new Set<string>(plan.changes.map((change: { kind: string; what: string }) => line(change)))
  assert.deepEqual(
    [...planned].filter((change) => !run.has(change)),
    [],
    'planned, but not done',
  )
  const unknown = plan.unknown.length
  const unplanned = [...run].filter((change) => !planned.has(change))
  assert(unplanned.length === 0 || unknown > 0, `done, but not planned:\n${unplanned.join('\n')}`)
  assert(unknown <= 1 && unplanned.length <= 2, `changes missing in the plan:\n${unplanned.join('\n')}`)
}

/** Status, logs, labels, and a support bundle without a secret, on a node that is READY. */
export async function commandsOnReadyNode({ node, install, passphrase }: Scene): Promise<void> {
  await onlyRootCanWrite(node)
  const { stdout: labels } = await kubectl(node, 'get', 'nodes', '--show-labels')
  assert.match(labels, /node-role\.kubernetes\.io\/control-plane=/)
  assert.doesNotMatch(labels, /exclude-from-external-load-balancers/)
  const [agent = ''] = install
  const status = JSON.parse(await execOk(node, [agent, 'status', '-o', 'json']))
  assert.deepEqual([status.state, status.connected, status.run, status.problem], ['READY', true, null, null])
  assert.equal(status.kubernetesVersion, DEFAULT_VERSIONS.kubernetes)
  const all = (await execOk(node, [agent, 'logs', '-n', '2000'])).trimEnd().split('\n')
  const [, run = ''] = / (r-[a-z2-7]+) /.exec(all.at(-1) ?? '') ?? []
  const own = (await execOk(node, [agent, 'logs', '-n', '2000', '--run', run])).trimEnd().split('\n')
  assert(own.length > 40 && own.every((each) => each.includes(` ${run} `)), 'the lines of one run')

  await execOk(node, [agent, 'support-bundle', '--output', '/root/support.tar.gz'], { timeoutMs: 60_000 })
  assert.equal((await execOk(node, ['stat', '-c', '%a', '/root/support.tar.gz'])).trim(), '600')
  const packed = await execOk(node, ['tar', 'xzOf', '/root/support.tar.gz'])
  assert.match(packed, /readiness\/await-pods/)
  const keys = await execOk(node, [
    'sh',
    '-c',
    'cat /etc/cantrip/*.key /etc/cantrip/*.pem /etc/kubernetes/pki/*.key; true',
  ])
  const bodies = keys.split('\n').filter((each) => /^[A-Za-z0-9+/=]{40,}$/.test(each))
  assert(bodies.length > 10)
  for (const secret of [passphrase, 'PRIVATE KEY', ...bodies]) {
    assert(!packed.includes(secret), 'a secret is in the support bundle')
  }
  assert.doesNotMatch(packed, /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/)
  // By the hash of a file with a password, somebody who guesses knows when it is right.
  assert.match(packed, /"sha256":"\*\*\*"/)
  assert.doesNotMatch(packed, /"sha256":"[0-9a-f]{64}"/)
}

/** `agent reset` removes Kubernetes and keeps the agent. The same cluster is then provisioned again. */
export async function resetAndAgain({ site, node, install }: Scene): Promise<void> {
  const [agent = ''] = install
  const reset = JSON.parse(await execOk(node, [agent, 'reset', '--yes', '-o', 'json'], { timeoutMs: 180_000 }))
  assert.deepEqual([reset.restored, reset.differences, reset.leftovers], [true, [], []])
  const gone = await exec(node, ['ls', '-d', '/etc/kubernetes', '/var/lib/etcd', '/usr/local/bin/kubelet'])
  assert.equal(gone.stdout, '', 'Kubernetes is still there')
  await awaitState(site, NAME, 'APPROVED', 60_000)
  await order(site)
  await awaitState(site, NAME, 'READY', READY_MS)
}

/** The agent is uninstalled and Kubernetes keeps running. A later uninstall still reverts everything. */
export async function keepKubernetes({ node, install }: Scene): Promise<void> {
  const [agent = ''] = install
  await execOk(node, [agent, 'uninstall', '--keep-kubernetes', '--yes'], { timeoutMs: 60_000 })
  const unit = await exec(node, ['ls', '-d', '/etc/cantrip', '/etc/systemd/system/cantrip-agent.service'])
  assert.equal(unit.stdout, '', 'the agent is still there')
  assert.match((await kubectl(node, 'get', 'nodes')).stdout, new RegExp(`${NAME} +Ready`))
  const all = await execOk(node, [agent, '-d', '--yes'], { timeoutMs: 180_000 })
  assert.match(all, /host restored: 0 differences\s*$/)
  const gone = await exec(node, ['ls', '-d', '/etc/kubernetes', '/var/lib/cantrip', '/usr/local/bin/kubelet'])
  assert.equal(gone.stdout, '', 'Kubernetes is still there')
}

async function order(site: Site): Promise<void> {
  const row = await nodeRow(site, NAME)
  assert(row, `the controller knows ${NAME}`)
  await site.admin('node', 'configure', row.id, '--role', 'master,worker')
  await site.admin('cluster', 'provision', CLUSTER)
}

/** The changes that runs of instructions recorded in the ledger, in order. */
async function changesOf(node: Node): Promise<string[]> {
  const records = (await execOk(node, ['cat', LEDGER])).trimEnd().split('\n')
  return records
    .map((record) => JSON.parse(record.slice(record.indexOf('{'))))
    .filter(({ kind, run }) => kind === 'change' && run !== 'install')
    .map(({ change, what }) => line({ kind: change, what }))
}

const line = ({ kind, what }: { kind: string; what: string }) => `${kind} ${what}`
