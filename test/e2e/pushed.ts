import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostResult } from '../../src/cli/controller/push/host-result.ts'
import { executables } from '../support/site/artefacts.ts'
import { createCluster } from '../support/site/site.ts'
import { exec, execOk, type Node, path } from '../support/testbed/machine.ts'
import { copyIn } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { addSshServer, addUser, type KeyPair, sshKey, startSshd } from '../support/testbed/ssh-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { allReady, kubernetesNodes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

const CLUSTER = 'factory'
const AGENT = '/usr/local/bin/cantrip-agent'
const KUBECTL = '/usr/local/bin/kubectl'
const LEFT = [AGENT, '/usr/local/bin/kubelet', '/var/lib/cantrip', '/var/lib/cantrip-baked', '/etc/cantrip']
const PASSWORD = 'correct horse battery staple'

/** Two machines with nothing but sshd become a cluster with one command; the worker is reached through the master. */
export async function pushed(scene: Scene, { stage }: Story): Promise<void> {
  let key: KeyPair | undefined
  await stage('a controller, a cluster, and two machines with sshd and sudo', async () => {
    await scene.boot('m1', 'w1')
    await createCluster(scene.site(), { name: CLUSTER, overrides: testbedOverrides() })
    key = await sshKey(scene.site().directory, 'id')
    const lines = await Promise.all(['m1', 'w1'].map((name) => withSshd(scene, name, key)))
    await writeFile(join(scene.site().directory, 'known_hosts'), lines.join(''))
  })
  await stage('a dry run signs in to both, and changes nothing', async () => {
    const results = await push(scene, key, '--dry-run')
    assert.deepEqual(outcomes(results), { m1: 'planned', w1: 'planned' })
    assert.deepEqual(await scene.site().json('node', 'list'), [])
  })
  await stage(
    'both are prepared, the second time nothing is left, and one is restored and prepared again',
    async () => {
      const results = await push(scene, key, '--prepare-only')
      for (const { name, seconds } of results) scene.say(`  ${name}: ${seconds} s`)
      assert.deepEqual(outcomes(results), { m1: 'prepared', w1: 'prepared' })
      assert.deepEqual(await scene.site().json('node', 'list'), [])
      assert.deepEqual(outcomes(await push(scene, key, '--prepare-only')), { m1: 'unchanged', w1: 'unchanged' })
      const said = await execOk(scene.node('w1'), [AGENT, 'uninstall', '--yes'], { timeoutMs: 120_000 })
      assert.match(said, /host restored: 0 differences/)
      assert.equal((await exec(scene.node('w1'), ['ls', '-d', ...LEFT])).stdout, '')
      assert.deepEqual(outcomes(await push(scene, key, '--prepare-only')), { m1: 'unchanged', w1: 'prepared' })
    },
  )
  await stage('one command: both are installed, approved, configured, and the cluster becomes READY', async () => {
    const results = await push(scene, key, '--provision')
    for (const { name, actions, seconds } of results) scene.say(`  ${name}: ${actions} in ${seconds} s`)
    assert.deepEqual(outcomes(results), { m1: 'joined', w1: 'joined' })
    const { state } = await scene.site().json<{ state: string }>('cluster', 'show', CLUSTER)
    assert.equal(state, 'READY')
    await allReady(scene.node('m1'), 2)
    for (const node of scene.nodes()) assert.deepEqual(await fetchedBy(node), [])
  })
  await stage('labels of the inventory are on the node, and change while it is READY', async () => {
    const site = scene.site()
    const labels = async () => (await kubernetesNodes(scene.node('m1'))).get('w1')?.metadata.labels ?? {}
    assert.deepEqual(pick(await labels()), { rack: '7', line: 'a' })
    await execOk(scene.node('m1'), [
      KUBECTL,
      '--kubeconfig',
      '/etc/kubernetes/admin.conf',
      'label',
      'node',
      'w1',
      'theirs=x',
    ])
    await site.admin('node', 'configure', 'w1', '--label', 'rack=8', '--label', 'line-', '--label', 'more=')
    const changed = await waitFor(
      'the labels to change',
      async () => {
        const now = pick(await labels())
        return now.rack === '8' && now.line === undefined ? now : undefined
      },
      { withinMs: 120_000, everyMs: 500 },
    )
    assert.deepEqual(changed, { rack: '8', more: '', theirs: 'x' })
    await site.admin('cluster', 'watch', CLUSTER, '--until', 'READY', '--timeout', '120')
    await site.admin('node', 'configure', 'w1', '--label', 'rack=7', '--label', 'line=a', '--label', 'more-')
  })
  await stage('the same command again changes nothing', async () => {
    assert.deepEqual(outcomes(await push(scene, key)), { m1: 'unchanged', w1: 'unchanged' })
  })
  await stage('the agents are uninstalled: the machines are as they were before', async () => {
    for (const node of scene.nodes()) await copyIn(node, executables.agent, '/root/agent')
    await uninstallAll(scene.nodes())
  })
}

const pick = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => ['rack', 'line', 'more', 'theirs'].includes(key)))

/** What a provisioning downloaded, except the manifest and texts, and imported. */
async function fetchedBy(node: Node): Promise<string[]> {
  const ledger = await readFile(join(path(node), 'var/lib/cantrip/ledger/ledger.jsonl'), 'utf8')
  const changes = ledger
    .split('\n')
    .flatMap((line) => /"step":"(?!prepare\/)([^"]*)".*"what":"([^"]*)"/.exec(line)?.slice(1).join(' ') ?? [])
  assert(changes.some((change) => change.startsWith('containerd/use-baked-images cp ')))
  const fetched = changes.filter((change) => /\/var\/lib\/cantrip\/bundle\/|ctr .* import/.test(change))
  const small = /\/(manifest\.json(\.sig)?|manifests|[^/]*\.yaml)(\.zst)?(\.part)?$|^bundle\/fetch /
  return fetched.filter((change) => !small.test(change))
}

async function withSshd(scene: Scene, name: string, key: KeyPair | undefined): Promise<string> {
  assert(key)
  const node = scene.node(name)
  const hostKey = await sshKey(scene.site().directory, `${name}-host`)
  await addSshServer(node)
  await addUser(node, { name: 'ann', keys: [key], password: PASSWORD, sudoers: 'ALL=(ALL:ALL) ALL' })
  return startSshd(node, { ports: [22], hostKey })
}

/** The master by its address, and the worker through it. */
async function push(scene: Scene, key: KeyPair | undefined, ...flags: string[]): Promise<HostResult[]> {
  assert(key)
  const { directory } = scene.site()
  const [m1, w1] = [scene.node('m1'), scene.node('w1')]
  await writeFile(join(directory, 'sudo.txt'), `${PASSWORD}\n`, { mode: 0o600 })
  await writeFile(
    join(directory, 'hosts.ini'),
    `[kube_control_plane]
m1 ansible_host=${m1.address}
[kube_node]
w1 ansible_host=${w1.address} node_labels='rack=7,line=a'
[all:vars]
ansible_user=ann
`,
  )
  const ssh = ['--ssh-key', key.file, '--ssh-option', `UserKnownHostsFile=${join(directory, 'known_hosts')}`]
  const become = ['--jump', `ann@${m1.address}`, '--become-password-file', join(directory, 'sudo.txt')]
  const argv = ['push', CLUSTER, '--inventory', join(directory, 'hosts.ini'), ...ssh, ...become, ...flags, '-o', 'json']
  const { code, stdout, stderr } = await scene.site().cli(argv, { timeoutMs: 600_000 })
  scene.say(stderr.trimEnd())
  assert.equal(code, 0, stderr + stdout)
  return JSON.parse(stdout)
}

const outcomes = (results: readonly HostResult[]) =>
  Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]))
