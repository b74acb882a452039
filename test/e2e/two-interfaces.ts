import assert from 'node:assert/strict'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk, leaderOf, type Node } from '../support/testbed/machine.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import { must, run } from '../support/testbed/run.ts'
import { waitFor } from '../support/wait-for.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { allReady, kubernetesNodes, type Scene } from './shape.ts'
import type { Story } from './stages.ts'

const BRIDGE = 'br1'
const INTERFACE = 'eth1'
const NETWORK = '10.91.0'
const last = (node: Node) => node.address.slice(node.address.lastIndexOf('.') + 1)
const addressOf = (node: Node) => `${NETWORK}.${last(node)}`

/** Nodes whose cluster traffic uses another interface than their default route. */
export async function twoInterfaces(scene: Scene, { stage }: Story): Promise<void> {
  await stage('two nodes, each with a second interface', async () => {
    await scene.boot('m1', 'w1')
    const ip = (...argv: string[]) => must(['ip', '-n', scene.bed.prefix, ...argv])
    await ip('link', 'add', BRIDGE, 'type', 'bridge')
    await ip('address', 'add', `${NETWORK}.1/24`, 'dev', BRIDGE)
    await ip('link', 'set', BRIDGE, 'up')
    for (const node of scene.nodes()) await addInterface(node)
    await scene.createCluster('twins', [])
  })
  await stage('both are configured with the second interface', async () => {
    await scene.addNode('m1', 'master,worker', '--interface', INTERFACE)
    await scene.addNode('w1', 'worker', '--interface', INTERFACE)
  })
  await stage('provision: READY', () => scene.provision())
  await stage('kubelet, etcd, API and pod network use the address of the second interface', () =>
    usesSecondInterface(scene),
  )
  await stage('pods on both nodes reach each other and a service', () =>
    podsReachEachOther(scene.node('m1'), scene.nodes()),
  )
  await stage('the same after a reboot with another default route', async () => {
    const since = new Date()
    for (const node of scene.nodes()) {
      await kill(node)
      await boot(node, scene.signal)
      await addInterface(node)
      await execOk(node, ['ip', 'route', 'replace', 'default', 'via', `${NETWORK}.1`, 'dev', INTERFACE])
    }
    await allReady(scene.node('m1'), 2, since)
    await usesSecondInterface(scene)
    await podsReachEachOther(scene.node('m1'), scene.nodes())
  })
}

/** Like a second network card, it must exist after each boot. */
async function addInterface(node: Node): Promise<void> {
  const leader = await leaderOf(node)
  assert(leader, `${node.name} runs`)
  const ip = (...argv: string[]) => must(['ip', '-n', node.bed.prefix, ...argv])
  const outer = `second-${node.name}`
  // After a power cut the kernel removes the old link, but not at once.
  await run(['ip', '-n', node.bed.prefix, 'link', 'delete', outer])
  const peer = ['peer', 'name', INTERFACE, 'netns', String(leader.pid)]
  await ip('link', 'add', outer, 'type', 'veth', ...peer)
  await ip('link', 'set', outer, 'master', BRIDGE, 'up')
  await execOk(node, ['ip', 'address', 'add', `${addressOf(node)}/24`, 'dev', INTERFACE])
  await execOk(node, ['ip', 'link', 'set', INTERFACE, 'up'])
}

async function usesSecondInterface(scene: Scene): Promise<void> {
  const [master, worker] = [scene.node('m1'), scene.node('w1')]
  for (const [name, { status }] of await kubernetesNodes(master)) {
    const internal = status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address)
    assert.deepEqual(internal, [addressOf(scene.node(name))], name)
  }
  const listening = await execOk(master, ['ss', '-Hltn'])
  for (const port of [2379, 2380]) {
    assert.match(listening, new RegExp(`${addressOf(master).replaceAll('.', '\\.')}:${port}\\b`))
    assert(!listening.includes(`${master.address}:${port}`), `etcd listens on ${master.address}`)
  }
  const endpoints = await kubectl(
    master,
    'get',
    'endpoints',
    'kubernetes',
    '-o',
    'jsonpath={.subsets[*].addresses[*].ip}',
  )
  assert.equal(endpoints.stdout, addressOf(master))
  const kubelet = await execOk(worker, ['cat', '/etc/kubernetes/kubelet.conf'])
  assert.match(kubelet, new RegExp(`server: https://${addressOf(master)}:6443`))
  // After a reboot pods look Running until the kubelet finds that they are not.
  await waitFor(
    'the VXLAN tunnel over the second interface',
    async () => {
      const { stdout } = await exec(worker, ['ip', '-d', 'link', 'show', 'flannel.1'])
      return stdout.includes(`local ${addressOf(worker)} dev ${INTERFACE}`) ? true : undefined
    },
    { withinMs: 60_000 },
  )
}
