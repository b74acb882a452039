import assert from 'node:assert/strict'
import { kubectl, nodeRow } from '../support/site/site.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import { watchProcesses } from '../support/testbed/watch-processes.ts'
import { leaderMoves } from './drains.ts'
import { outageDuring } from './outage.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { noSecretAnywhere } from './secrets.ts'
import { allReady, etcdVotes, kubernetesNodes, type Scene } from './shape.ts'
import type { Story } from './stages.ts'

const CLUSTER = 'trio'
const NAME = `api.${CLUSTER}.cantrip.internal`
const ENDPOINT = `${NAME}:6443`
const ALL = ['m1', 'm2', 'm3', 'w1']

/** Three dedicated masters and a worker, with power cuts. */
export async function threeAndOne(scene: Scene, { stage }: Story): Promise<void> {
  const watch = watchProcesses()
  await stage('four bare nodes', async () => {
    await scene.boot(...ALL)
    await scene.createCluster(CLUSTER, ['--dedicated-masters'])
  })
  await stage('two masters are rejected with the reason', async () => {
    await scene.addNode('m1', 'master')
    await scene.addNode('m2', 'master')
    const { code, stderr } = await scene.site().cli(['cluster', 'provision', CLUSTER])
    assert.equal(code, 7, stderr)
    assert.match(stderr, /masters\/even/)
  })
  await stage('a third master and a worker are configured', async () => {
    await scene.addNode('m3', 'master')
    await scene.addNode('w1', 'worker')
  })
  await stage('provision: READY', () => scene.provision())
  await stage('etcd has three voting members, and every node asks its node DNS first', () => trioIsRight(scene))
  await stage('pods on all nodes reach each other and a service', () =>
    podsReachEachOther(scene.node('m1'), scene.nodes()),
  )
  await stage('each master leads etcd once, on request', () => leaderMoves(scene))
  await stage('no secret in any argument, environment, journal, log, support bundle or database', () =>
    noSecretAnywhere(scene, scene.node('m1'), watch),
  )
  await stage('a master loses power: the API endpoint serves reads and writes', () => masterLosesPower(scene))
  await stage('the master boots again: all nodes Ready, three etcd members', async () => {
    await showNodeDnsCost(scene)
    await boot(scene.node('m3'), scene.signal)
    await allReady(scene.node('m1'), 4)
    await etcdVotes(scene.node('m1'), 3)
  })
  await stage('the worker is removed, and another one joins while the controller is down for a minute', () =>
    workerIsReplaced(scene),
  )
  await stage('all nodes lose power at once: Ready again by themselves', async () => {
    const members = ['m1', 'm2', 'm3', 'w2'].map(scene.node)
    const since = new Date()
    for (const node of members) await kill(node)
    await Promise.all(members.map((node) => boot(node, scene.signal)))
    await allReady(scene.node('m1'), 4, since)
    await podsReachEachOther(scene.node('m1'), members)
  })
}

async function trioIsRight(scene: Scene): Promise<void> {
  await etcdVotes(scene.node('m1'), 3)
  for (const node of scene.nodes()) {
    const resolv = await execOk(node, ['cat', '/etc/resolv.conf'])
    assert.equal(/^nameserver (\S+)/m.exec(resolv)?.[1], node.address, resolv)
    const addresses = (await execOk(node, ['getent', 'ahostsv4', NAME])).match(/^\S+(?= +STREAM)/gm)
    assert.deepEqual(addresses?.sort(), ['m1', 'm2', 'm3'].map((name) => scene.node(name).address).sort())
    // Other names are still forwarded upstream.
    await execOk(node, ['getent', 'ahostsv4', 'controller.test'])
  }
  const kubelet = await execOk(scene.node('w1'), ['cat', '/etc/kubernetes/kubelet.conf'])
  assert.match(kubelet, new RegExp(`server: https://${ENDPOINT}`))
  scene.say((await kubectl(scene.node('m1'), 'get', 'nodes,pods', '-A', '-o', 'wide')).stdout.trimEnd())
  const shown = await scene.site().admin('cluster', 'show', CLUSTER)
  assert.match(shown, /etcd: +3 of 3 members healthy/)
  scene.say(shown.trimEnd())
}

/** Prints the memory and CPU time of the two services of the node DNS on a worker. */
async function showNodeDnsCost(scene: Scene): Promise<void> {
  for (const unit of ['cantrip-node-dns', 'cantrip-api-watch']) {
    const show = ['systemctl', 'show', unit, '--property=MainPID', '--value']
    const pid = (await execOk(scene.node('w1'), show)).trim()
    const status = await execOk(scene.node('w1'), ['cat', `/proc/${pid}/status`])
    const [, anonymous] = /^RssAnon:\s+(\d+) kB/m.exec(status) ?? []
    const times = await execOk(scene.node('w1'), ['ps', '-o', 'etimes=,cputimes=', '-p', pid])
    const [seconds = 1, busy = 0] = times.trim().split(/\s+/).map(Number)
    const share = ((100 * busy) / seconds).toFixed(1)
    scene.say(`  ${unit}: ${(Number(anonymous) / 1000).toFixed(1)} MB of its own, ${share} % of a core`)
  }
}

async function masterLosesPower(scene: Scene): Promise<void> {
  const outage = await outageDuring(scene.node('w1'), ENDPOINT, 30_000, async () => {
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await kill(scene.node('m3'))
  })
  scene.say(`  API at its endpoint: P99 ${outage.p99Seconds.toFixed(1)} s, worst ${outage.worstSeconds.toFixed(1)} s`)
  assert(outage.p99Seconds <= 5, `P99 ${outage.p99Seconds} s of ${outage.looks} requests`)
  const made = await kubectl(scene.node('m1'), 'create', 'configmap', 'written-meanwhile')
  assert.equal(made.code, 0, made.stderr)
}

/** Removes a worker, which uninstalls Kubernetes from its machine, and adds another one. */
async function workerIsReplaced(scene: Scene): Promise<void> {
  const row = await nodeRow(scene.site(), 'w1')
  assert(row, 'the controller knows w1')
  await scene.site().admin('node', 'remove', row.id, '--yes')
  assert.equal(await nodeRow(scene.site(), 'w1'), undefined)
  const left = await exec(scene.node('w1'), [
    'ls',
    '/etc/kubernetes',
    '/usr/local/bin/kubelet',
    '/etc/cantrip-node-dns',
  ])
  assert.equal(left.stdout, '', 'files of Kubernetes left on the machine')
  await scene.boot('w2')
  await scene.addNode('w2', 'worker')
  await scene.site().admin('cluster', 'provision', CLUSTER)
  await scene.site().restartController('SIGKILL', 60_000)
  await scene.awaitReady()
  const found = await kubernetesNodes(scene.node('m1'))
  assert.deepEqual([...found.keys()].sort(), ['m1', 'm2', 'm3', 'w2'])
}
