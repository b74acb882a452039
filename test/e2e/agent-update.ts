/**
 * Updates of the agent on real nodes without Kubernetes: good ones in waves, and those after which the former agent comes back by itself:
 * one that does not start, one that does not connect, and a power cut during the trial.
 */
import assert from 'node:assert/strict'
import { appendFile, cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeView } from '../../src/protocol/api/nodes.ts'
import type { AgentUpdateView } from '../../src/protocol/api/updates/agent-updates.ts'
import { interruptible } from '../run/interruption.ts'
import { type Variant, variantOf } from '../support/earlier/variant.ts'
import { executables } from '../support/site/artefacts.ts'
import { copyAgent, createCluster, openSite, type Site } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { boot, downAll, kill, up } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { story } from './stages.ts'

const AGENT = '/usr/local/bin/cantrip-agent'
const UNIT = 'cantrip-agent.service'
const NAMES = ['good', 'dead', 'deaf', 'dark'] as const
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-update`)
const interrupted = interruptible(() => downAll(bed))
const nodes = new Map<string, Node>()
let site!: Site

const node = (name: string): Node => {
  const found = nodes.get(name)
  assert(found, `node ${name} is up`)
  return found
}
const { stage, end } = story(say, show, interrupted)
const data = () => join(site.directory, 'data')
const key = () => join(site.directory, 'key.pem')
const sums = new Map<string, string>()

await downAll(bed)
try {
  await stage('four nodes, each enrolled in a cluster of its own', async () => {
    for (const name of NAMES) nodes.set(name, await up({ name, bed, signal: interrupted }))
    site = await openSite(bed)
    await Promise.all(NAMES.map(installed))
    sums.set('former', await sumOf('good'))
  })
  await stage('three releases: a good one, one that does not start, one that does not connect', async () => {
    for (const variant of ['good', 'dead', 'deaf'] as const) await imported(variant)
    assert.match(await site.admin('agents', 'list', '--data', data()), /9\.0\.0-good/)
  })
  await stage('a release that was changed is refused', async () => {
    const changed = join(site.directory, 'changed')
    await cp(join(site.directory, 'release-good'), changed, { recursive: true })
    await appendFile(join(changed, 'agents.json'), ' ')
    const found = await site.cli(['agents', 'import', changed, '--data', data(), '--key', `${key()}.pub`])
    assert.match(found.stderr, /bundle\/bad-signature/)
  })
  await stage('a full disk: refused before anything is changed', async () => {
    await execOk(node('good'), ['mount', '-t', 'tmpfs', '-o', 'size=180m', 'none', '/mnt'])
    await execOk(node('good'), ['cp', '-a', '/usr/local/bin/.', '/mnt/'])
    await execOk(node('good'), ['mount', '--bind', '/mnt', '/usr/local/bin'])
    await site.admin('node', 'update', 'good', '--to', '9.0.0-good')
    await ended('good', 'failed', /agent-update\/disk-full/)
    await execOk(node('good'), ['umount', '/usr/local/bin'])
    await execOk(node('good'), ['umount', '/mnt'])
    assert.equal(await sumOf('good'), sums.get('former'))
  })
  await stage('never during a run: it waits, and a controller that was killed goes on', async () => {
    await execOk(node('good'), ['sh', '-c', 'echo "{}" > /var/lib/cantrip/instruction.json'])
    await site.admin('node', 'update', '--cluster', 'good', '--resume')
    await waitFor('the wait', async () => {
      const { nodes: all } = await site.json<AgentUpdateView>('node', 'update', '--cluster', 'good', '--status')
      return all[0]?.waitingFor === 'the run of the node to end' ? true : undefined
    })
    assert.equal(await sumOf('good'), sums.get('former'))
    await site.restartController('SIGKILL')
    await execOk(node('good'), ['rm', '/var/lib/cantrip/instruction.json'])
  })
  await stage('a good one: it stays, and nothing of the former one', async () => {
    const began = performance.now()
    await ended('good', 'done', /1 of 1 nodes done/)
    say(`  ${((performance.now() - began) / 1000).toFixed(1)} s from the end of the wait`)
    assert.equal(await sumOf('good'), sums.get('9.0.0-good'))
    await noTrial('good')
    const { agentVersion, connected } = await row('good')
    assert.deepEqual([agentVersion, connected], ['9.0.0-good', true])
  })
  await stage(
    'one that does not start, one that does not connect, and a power cut: the former one comes back',
    async () => {
      const at = performance.now()
      await site.admin('node', 'update', 'dead', '--to', '9.0.1-dead')
      await site.admin('node', 'update', '--cluster', 'deaf', '--to', '9.0.2-deaf')
      await site.admin('node', 'update', 'dark', '--to', '9.0.1-dead')
      await waitFor('the swap', async () => ((await sumOf('dark')) === sums.get('9.0.1-dead') ? true : undefined), {
        withinMs: 60_000,
      })
      await kill(node('dark'))
      await boot(node('dark'), interrupted)
      await Promise.all(
        ['dead', 'deaf', 'dark'].map(async (name) => {
          await ended(name, 'failed', /agent-update\/came-back/)
          say(`  ${name}: back after ${((performance.now() - at) / 1000).toFixed(0)} s`)
          assert.equal(await sumOf(name), sums.get('former'))
          await noTrial(name)
          assert.equal((await row(name)).connected, true)
        }),
      )
    },
  )
  await stage('the same node takes a good one afterwards', async () => {
    await site.admin('node', 'update', 'dead', '--to', '9.0.0-good')
    await ended('dead', 'done', /1 of 1 nodes done/)
    assert.equal(await sumOf('dead'), sums.get('9.0.0-good'))
  })
  await stage('all are uninstalled: no difference', async () => {
    for (const each of nodes.values()) {
      const { code, stdout, stderr } = await exec(each, [AGENT, 'uninstall', '--yes'], { timeoutMs: 120_000 })
      assert.equal(code, 0, stdout + stderr)
      assert.match(stdout, /restored/)
      assert.equal((await exec(each, ['sh', '-c', 'ls /usr/local/bin/ /etc/systemd/system | grep cantrip'])).stdout, '')
    }
  })
} finally {
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

async function installed(name: (typeof NAMES)[number]): Promise<void> {
  const credentials = await createCluster(site, { name, overrides: {}, flags: ['--auto-approve'] })
  const install = await copyAgent(node(name), credentials, name, executables.agent)
  const { code, stdout, stderr } = await exec(node(name), install, { timeoutMs: 120_000 })
  assert.equal(code, 0, stdout + stderr)
  await waitFor('connected', async () => ((await row(name))?.connected ? true : undefined), { withinMs: 60_000 })
}

async function imported(variant: Variant): Promise<void> {
  const { file, version } = await variantOf(variant)
  const release = join(site.directory, `release-${variant}`)
  await mkdir(release, { recursive: true })
  await site.admin('agents', 'build', '--agent', file, '--to', release, '--key', key())
  await site.admin('agents', 'import', release, '--data', data(), '--key', `${key()}.pub`)
  const listed = await site.json<{ version: string; files: { sha256: string }[] }[]>('agents', 'list', '--data', data())
  sums.set(version, listed.find((each) => each.version === version)?.files[0]?.sha256 ?? '')
}

async function sumOf(name: string): Promise<string> {
  return (await execOk(node(name), ['sha256sum', AGENT])).slice(0, 64)
}

async function row(name: string): Promise<NodeView> {
  const all = await site.json<NodeView[]>('node', 'list')
  return all.find((each) => each.name === name) as NodeView
}

/** Waits until the update of the cluster with one node has ended. */
async function ended(cluster: string, state: string, says: RegExp): Promise<void> {
  let last = ''
  await waitFor(
    `the update of ${cluster}: ${state}`,
    async () => {
      last = (await site.cli(['node', 'update', '--cluster', cluster, '--status'])).stdout
      return last.includes(`: ${state}, `) ? true : undefined
    },
    { withinMs: 150_000, details: () => last },
  )
  assert.match(last, says)
}

async function noTrial(name: string): Promise<void> {
  await waitFor('the end of the trial', async () => {
    const left = await exec(node(name), ['sh', '-c', `ls ${AGENT}.* /etc/systemd/system/cantrip-agent-guard.*`])
    return left.stdout === '' ? true : undefined
  })
}

async function show(): Promise<void> {
  say(`--- controller\n${site?.controllerLog().slice(-3_000)}`)
  for (const each of nodes.values()) {
    const units = ['-u', UNIT, '-u', 'cantrip-agent-guard.service']
    const { stdout } = await exec(each, ['journalctl', '--no-pager', '-n', '40', '-o', 'cat', ...units])
    say(`--- ${each.name}\n${stdout}`)
    say((await exec(each, ['tail', '-n', '15', '/var/log/cantrip/agent.log'])).stdout)
  }
}
