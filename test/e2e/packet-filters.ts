import assert from 'node:assert/strict'
import { executables } from '../support/site/artefacts.ts'
import { execOk } from '../support/testbed/machine.ts'
import { copyIn } from '../support/testbed/nodes.ts'
import { checked } from './checked-node.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

/** A policy that drops incoming packets, and Docker's policy for forwarded packets. */
const RULES = `iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -P INPUT DROP
iptables -N DOCKER-USER
iptables -A DOCKER-USER -j RETURN
iptables -A FORWARD -j DOCKER-USER
iptables -P FORWARD DROP`
const ROLES = { m1: 'master', w1: 'worker' }

/** Nodes whose firewalls drop packets by default: the fix that the precheck prints is all that a cluster needs. */
export async function packetFilters(scene: Scene, { stage }: Story): Promise<void> {
  await stage('two nodes that drop packets by default: the precheck fails, and passes after its fix', async () => {
    await scene.boot(...Object.keys(ROLES))
    for (const [name, role] of Object.entries(ROLES)) await openPortsByFix(scene, name, role)
  })
  await stage('master and worker are installed and configured', async () => {
    await scene.createCluster('filtered', ['--dedicated-masters'])
    for (const [name, role] of Object.entries(ROLES)) await scene.addNode(name, role)
  })
  await stage('provision: READY', () => scene.provision())
  await stage('pods on both nodes reach each other and a service', () =>
    podsReachEachOther(scene.node('m1'), scene.nodes()),
  )
  await stage('all are uninstalled', () => uninstallAll(scene.nodes()))
}

async function openPortsByFix(scene: Scene, name: string, role: string): Promise<void> {
  const node = scene.node(name)
  await copyIn(node, executables.agent, '/root/agent')
  await execOk(node, ['sh', '-ec', RULES])
  const { verdict, found, fix } = (await checked(node, '--role', role)).of('firewall')
  assert.equal(verdict, 'fail', found)
  assert.match(found, /^INPUT \(iptables\) drops 10250\/tcp/)
  await execOk(node, ['sh', '-c', fix ?? 'false'])
  const after = (await checked(node, '--role', role)).of('firewall')
  assert.equal(after.verdict, 'pass', after.found)
}
