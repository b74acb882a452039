import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { MEMBER_DATA } from '../../src/provision/paths.ts'
import { awaitState, kubectl, nodeRow } from '../support/site/site.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { runLoadBalancer } from './load-balancer.ts'
import { outageDuring } from './outage.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { allReady, configure, etcdVotes, kubernetesNodes, type Scene } from './shape.ts'
import type { Story } from './stages.ts'

const CLUSTER = 'five'
const BALANCER = 'lb'
const ENDPOINT = `${BALANCER}.test:6443`
const FIRST = ['m1', 'm2', 'm3']
const LATER = ['m4', 'm5']
const WORKER = 'w1'
const MASTERS = [...FIRST, ...LATER]
const ALL = [...MASTERS, WORKER]

/** Three masters that are also workers and a worker, behind an external load balancer. Then two more masters join, one of which loses power. */
export async function fiveMasters(scene: Scene, { stage }: Story): Promise<void> {
  const nodes = (names: readonly string[]) => names.map(scene.node)
  await stage('six bare nodes, and a load balancer', async () => {
    await scene.boot(...ALL, BALANCER)
    await runLoadBalancer(scene.node(BALANCER), nodes(MASTERS), scene.signal)
    await scene.createCluster(CLUSTER, ['--api-endpoint', ENDPOINT])
  })
  await stage('three masters that are also workers, and a worker: READY', async () => {
    for (const name of FIRST) await scene.addNode(name, 'master,worker')
    await scene.addNode(WORKER, 'worker')
    await scene.stage()
    await scene.provision()
    await etcdVotes(scene.node('m1'), 3)
  })
  await stage('kubelets and kube-proxy use the load balancer; no node runs the node DNS', () => useLoadBalancer(scene))
  await stage(
    'two more masters join; one loses power when it becomes an etcd member, and recovers by itself',
    async () => {
      for (const name of LATER) await scene.addNode(name, 'master,worker')
      await scene.site().admin('cluster', 'provision', CLUSTER)
      const cut = await cutWhileJoining(scene)
      scene.say(`  ${cut} lost power at step ${await stepOf(scene, cut)}`)
      await boot(scene.node(cut), scene.signal)
      await scene.awaitReady()
      await etcdVotes(scene.node('m1'), 5)
    },
  )
  await stage('pods on all nodes reach each other and a service', () =>
    podsReachEachOther(scene.node('m1'), nodes(ALL)),
  )
  await stage('two of five masters lose power: the API serves reads and writes through the load balancer', async () => {
    const outage = await outageDuring(scene.node('m1'), ENDPOINT, 30_000, async () => {
      await sleep(3_000)
      for (const node of nodes(LATER)) await kill(node)
    })
    scene.say(`  API at its endpoint: P99 ${outage.p99Seconds.toFixed(1)} s, worst ${outage.worstSeconds.toFixed(1)} s`)
    assert(outage.p99Seconds <= 5, `P99 ${outage.p99Seconds} s of ${outage.looks} requests`)
    const made = await kubectl(scene.node('m1'), 'create', 'configmap', 'written-meanwhile')
    assert.equal(made.code, 0, made.stderr)
  })
  await stage('both masters boot again: all nodes Ready, five etcd members', async () => {
    for (const node of nodes(LATER)) await boot(node, scene.signal)
    await allReady(scene.node('m1'), ALL.length)
    await etcdVotes(scene.node('m1'), 5)
  })
  await stage('a master that lost its etcd data does not start etcd; after a reset it joins again', () =>
    etcdDataIsLost(scene),
  )
  await stage('a master is removed: four etcd members, and Kubernetes is removed from its machine', async () => {
    const row = await nodeRow(scene.site(), 'm5')
    await scene.site().admin('node', 'remove', row?.id ?? '', '--yes')
    await etcdVotes(scene.node('m1'), 4)
    const left = await exec(scene.node('m5'), ['ls', '/etc/kubernetes', '/var/lib/etcd', '/usr/local/bin/kubelet'])
    assert.equal(left.stdout, '', 'files of Kubernetes left on the machine')
    assert.deepEqual([...(await kubernetesNodes(scene.node('m1'))).keys()].sort(), ['m1', 'm2', 'm3', 'm4', 'w1'])
  })
}

async function useLoadBalancer(scene: Scene): Promise<void> {
  for (const name of [...FIRST, WORKER]) {
    const node = scene.node(name)
    // A master's kubelet uses the API server of its own node (kubeadm's ControlPlaneKubeletLocalMode).
    const server = name === WORKER ? ENDPOINT : `${node.address}:6443`
    assert.match(await execOk(node, ['cat', '/etc/kubernetes/kubelet.conf']), new RegExp(`server: https://${server}`))
    assert.equal((await exec(node, ['ls', '/etc/cantrip-node-dns'])).stdout, '')
    assert.match(await execOk(node, ['cat', '/etc/resolv.conf']), /^nameserver 10\.90\.0\.1$/m)
  }
  const proxy = await kubectl(scene.node('m1'), '-n', 'kube-system', 'get', 'configmap', 'kube-proxy', '-o', 'yaml')
  assert.match(proxy.stdout, new RegExp(`server: https://${ENDPOINT}`))
}

/** Cuts the power of the first later master that becomes an etcd member. Returns its name. */
async function cutWhileJoining(scene: Scene): Promise<string> {
  return waitFor(
    'a fourth member of etcd',
    async () => {
      for (const name of LATER) {
        const node = scene.node(name)
        // etcd creates it when it starts as a member.
        if ((await exec(node, ['ls', `${MEMBER_DATA}/member`])).code !== 0) continue
        await kill(node)
        return name
      }
      return undefined
    },
    { withinMs: 300_000 },
  )
}

async function etcdDataIsLost(scene: Scene): Promise<void> {
  const node = scene.node('m4')
  await execOk(node, ['rm', '--recursive', MEMBER_DATA])
  await kill(node)
  await boot(node, scene.signal)
  const etcd = await waitFor(
    'systemd to refuse etcd',
    async () => {
      const { stdout } = await exec(node, ['systemctl', 'show', 'etcd', '--property=ActiveState,AssertResult'])
      return stdout.includes('AssertResult=no') ? stdout : undefined
    },
    { withinMs: 60_000 },
  )
  assert.match(etcd, /ActiveState=inactive/)
  await execOk(node, ['/root/agent', 'reset', '--yes'], { timeoutMs: 180_000 })
  await awaitState(scene.site(), 'm4', 'APPROVED', 60_000)
  await configure(scene.site(), 'm4', 'master,worker')
  await scene.provision()
  await etcdVotes(scene.node('m1'), 5)
}

async function stepOf(scene: Scene, name: string): Promise<string> {
  return (await nodeRow(scene.site(), name))?.step ?? 'none'
}
