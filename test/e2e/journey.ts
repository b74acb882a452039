import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { executables } from '../support/site/artefacts.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { copyIn } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import type { Output } from '../support/testbed/run.ts'
import { CLUSTER as IN_THE_CONSOLE, inTheConsole } from './in-the-console.ts'
import { type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

const PASSWORD = 'correct horse battery staple'
const CLUSTER = 'factory'

/** A person's whole way, with nothing but an account: from the sign-in to a cluster, its kubeconfig, and who did what. */
export async function journey(scene: Scene, story: Story): Promise<void> {
  const { stage } = story
  await stage('a controller, an account for ann, and a bare node', async () => {
    await scene.boot('n1')
    const password = join(scene.site().directory, 'ann.password')
    await writeFile(password, PASSWORD, { mode: 0o600 })
    await scene.site().admin('account', 'create', 'ann', '--role', 'admin', '--password-file', password)
  })
  await stage('ann signs in', async () => {
    const { stdout } = await scene.site().cli(['ca', 'status', '-o', 'json'])
    const { fingerprint } = JSON.parse(stdout).authorities[0] as { fingerprint: string }
    const password = join(scene.site().directory, 'ann.password')
    const trust = ['--ca-fingerprint', fingerprint, '--username', 'ann', '--password-file', password]
    scene.say((await ann(scene, 'login', scene.site().url, ...trust)).trimEnd())
    scene.say((await ann(scene, 'whoami')).trimEnd())
  })
  await stage('she creates a cluster from a file; the same file again changes nothing', async () => {
    const file = join(scene.site().directory, 'factory.json')
    await writeFile(file, JSON.stringify(declaration()))
    scene.say((await ann(scene, 'apply', '-f', file)).trimEnd())
    assert.match(await ann(scene, 'apply', '-f', file), /^No changes/)
  })
  await stage('she pastes one command on the node', async () => {
    const command = await ann(scene, 'cluster', 'join-command', CLUSTER)
    const { code, stdout, stderr } = await pasted(scene.node('n1'), command)
    assert.equal(code, 0, stderr + stdout)
  })
  await stage('the cluster becomes READY without another command', async () => {
    scene.say((await ann(scene, 'cluster', 'watch', CLUSTER, '--until', 'READY', '--timeout', '10m')).trimEnd())
  })
  await stage('kubectl works with her kubeconfig', async () => {
    const file = join(scene.site().directory, 'ann.kubeconfig')
    await ann(scene, 'cluster', 'kubeconfig', CLUSTER, '--role', 'admin', '--to', file)
    await copyIn(scene.node('n1'), file, '/root/ann.kubeconfig')
    const kubectl = ['/usr/local/bin/kubectl', '--kubeconfig', '/root/ann.kubeconfig']
    const nodes = await execOk(scene.node('n1'), [...kubectl, 'get', 'nodes'])
    scene.say(nodes.trimEnd())
    assert.match(nodes, /^n1 +Ready +control-plane/m)
    await execOk(scene.node('n1'), ['rm', '-r', '/root/ann.kubeconfig', '/root/.kube'])
  })
  await stage('the audit log tells who did what, and is complete', async () => {
    const log = await ann(scene, 'audit', 'list', '--who', 'ann')
    scene.say(log.trimEnd())
    for (const request of ['createSession', 'applyDeclaration', 'createJoinCommand', 'createKubeconfig'])
      assert.match(log, new RegExp(request))
    assert.doesNotMatch(log, /correct horse/)
    scene.say((await ann(scene, 'audit', 'verify')).trimEnd())
  })
  await stage('she removes the node, which is as it was, and deletes the cluster', async () => {
    await copyIn(scene.node('n1'), executables.agent, '/root/agent')
    await uninstallAll([scene.node('n1')])
    await ann(scene, 'cluster', 'delete', CLUSTER, '--force', '--yes')
  })
  await inTheConsole(scene, story, async () => (await ann(scene, 'console', 'link')).trim())
  await stage('she removes that one too, and signs out', async () => {
    await uninstallAll(scene.nodes())
    await ann(scene, 'cluster', 'delete', IN_THE_CONSOLE, '--force', '--yes')
    await ann(scene, 'logout')
    assert.notEqual((await asAnn(scene, ['cluster', 'list'])).code, 0)
  })
}

/** What a cluster on nodes of the test bed needs, and a rule for one node that is everything. */
function declaration() {
  const rule = { match: { hostname: 'n[1-3]' }, roles: ['master', 'worker'], count: 1, approve: 'automatically' }
  const spec = { location: 'hall 1', overrides: testbedOverrides(), nodes: [rule] }
  return { apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name: CLUSTER }, spec }
}

/** The CLI of a person who has an account, and no administrator certificate. */
function asAnn(scene: Scene, argv: readonly string[]): Promise<Output> {
  const { environment, directory } = scene.site()
  const env = { PATH: environment.PATH ?? '', HOME: join(directory, 'ann'), NO_COLOR: '1' }
  return scene.site().cli(argv, { env, timeoutMs: 620_000 })
}

async function ann(scene: Scene, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await asAnn(scene, argv)
  assert.equal(code, 0, `controller ${argv.join(' ')}\n${stderr}${stdout}`)
  return stdout
}

/** The command in the shell of root. */
async function pasted(node: Node, command: string): Promise<Output> {
  return exec(node, ['sh'], { stdin: command, timeoutMs: 300_000 })
}
