import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import {
  assertResolves,
  dhclient,
  dhcpcd,
  networkManager,
  type Owner,
  openresolv,
  resolvconf,
  resolved,
  resolvedAlone,
  SEARCH,
  serveAddresses,
} from './resolv-conf-owners.ts'
import { allReady, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

const CLUSTER = 'owners'
const API = `api.${CLUSTER}.cantrip.internal`
const OWNERS: Record<string, Owner> = {
  m1: resolved,
  m2: networkManager,
  m3: resolvconf,
  w1: openresolv,
  w2: dhclient,
  w3: dhcpcd,
  w4: resolvedAlone,
}
const NAMES = Object.keys(OWNERS)
const MASTERS = NAMES.filter((name) => name.startsWith('m'))

/** Three masters that are also workers, and four workers. On each node another program manages resolv.conf. */
export async function nameServers(scene: Scene, { stage }: Story): Promise<void> {
  const before = new Map<string, string>()
  await stage('seven nodes, each with another owner of resolv.conf', async () => {
    await scene.boot(...NAMES)
    await serveAddresses(scene.node('m1'), ['w2', 'w3'].map(scene.node))
    for (const [name, owner] of Object.entries(OWNERS)) await owner.take(scene.node(name), scene.signal)
    // Reboot, so that nothing but the new owner has configured DNS.
    await cutPower(scene)
    for (const node of scene.nodes()) {
      await assertResolves(node, 'controller', '10.90.0.1')
      before.set(node.name, await resolvConf(node))
    }
    await scene.createCluster(CLUSTER, [])
  })
  await stage('three masters that are also workers and four workers are configured', async () => {
    for (const name of MASTERS) await scene.addNode(name, 'master,worker')
    for (const name of NAMES.filter((each) => !MASTERS.includes(each))) await scene.addNode(name, 'worker')
    await scene.stage()
  })
  await stage('provision: READY', () => scene.provision())
  await stage('each node asks its node DNS first, and all names resolve as before', () =>
    forEachNode(scene, usesNodeDnsFirst),
  )
  await stage('pods on all nodes reach each other and a service', () =>
    podsReachEachOther(scene.node('m1'), scene.nodes()),
  )
  await stage('the owner rewrites resolv.conf: the node DNS is still first', () =>
    forEachNode(scene, async (node) => {
      await execOk(node, OWNERS[node.name]?.writeAgain ?? [], { timeoutMs: 60_000 })
      await usesNodeDnsFirst(node, scene)
    }),
  )
  await stage('with the agent stopped the API name resolves; with the node DNS stopped all other names resolve', () =>
    forEachNode(scene, async (node) => {
      await execOk(node, ['systemctl', 'stop', 'cantrip-agent'])
      await namesOfMasters(node, scene)
      await execOk(node, ['systemctl', 'stop', 'cantrip-node-dns', 'cantrip-api-watch'])
      await assertResolves(node, `controller.${SEARCH}`, '10.90.0.1')
      await assertResolves(node, 'controller', '10.90.0.1')
      await execOk(node, ['systemctl', 'start', 'cantrip-node-dns', 'cantrip-api-watch', 'cantrip-agent'])
    }),
  )
  await stage('after a power cut of all nodes the node DNS is first again, and all nodes are Ready', async () => {
    const since = new Date()
    await cutPower(scene)
    scene.say(`  all have booted after ${secondsSince(since)} s`)
    await allReady(scene.node('m1'), NAMES.length, since)
    scene.say(`  all are Ready after ${secondsSince(since)} s`)
    await forEachNode(scene, usesNodeDnsFirst)
  })
  await stage('all are uninstalled: each resolv.conf is restored', async () => {
    await uninstallAll(scene.nodes())
    for (const node of scene.nodes()) {
      assert.equal(await resolvConf(node), before.get(node.name), node.name)
      await assertResolves(node, 'controller', '10.90.0.1')
    }
  })
}

const secondsSince = (date: Date) => ((Date.now() - date.getTime()) / 1_000).toFixed(1)

async function cutPower(scene: Scene): Promise<void> {
  const [dhcpServer, ...others] = scene.nodes()
  for (const node of scene.nodes()) await kill(node)
  if (dhcpServer) await boot(dhcpServer, scene.signal)
  await Promise.all(others.map((node) => boot(node, scene.signal)))
}

async function forEachNode(scene: Scene, look: (node: Node, scene: Scene) => Promise<void>): Promise<void> {
  for (const node of scene.nodes()) await look(node, scene)
}

/** The file without comments. For systemd-resolved, the file with its upstream servers, not the stub. */
async function resolvConf(node: Node): Promise<string> {
  const isBehindStub = OWNERS[node.name]?.name.startsWith('systemd-resolved')
  const text = await execOk(node, ['cat', isBehindStub ? '/run/systemd/resolve/resolv.conf' : '/etc/resolv.conf'])
  return text.replace(/^#.*\n/gm, '')
}

async function usesNodeDnsFirst(node: Node, scene: Scene): Promise<void> {
  const text = await resolvConf(node)
  assert.equal(/^nameserver (\S+)/m.exec(text)?.[1], node.address, `${node.name}: ${text}`)
  await namesOfMasters(node, scene)
  await assertResolves(node, `controller.${SEARCH}`, '10.90.0.1')
  await assertResolves(node, 'controller', '10.90.0.1')
}

async function namesOfMasters(node: Node, scene: Scene): Promise<void> {
  const wanted = MASTERS.map((name) => scene.node(name).address).sort()
  // The API watch looks at each master once a second.
  await waitFor(
    `the masters' addresses on ${node.name}`,
    async () => {
      await sleep(500)
      const { stdout } = await exec(node, ['getent', 'ahostsv4', API])
      const found = stdout.match(/^\S+(?= +STREAM)/gm)?.sort()
      return found?.join() === wanted.join() ? true : undefined
    },
    { withinMs: 30_000 },
  )
}
