import assert from 'node:assert/strict'
import type { NodeView } from '../../src/protocol/api/nodes.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { answersDuring } from './answers.ts'
import { allReady, etcdVotes, type Scene } from './shape.ts'
import type { Story } from './stages.ts'
import { CLUSTER, create, idle, isThere, loseData, statesOf } from './vault.ts'

const OTHERS = ['m2', 'm3']

/** Stages of a cluster of three masters that loses its quorum twice. */
export async function lostQuorum(scene: Scene, stage: Story['stage']): Promise<void> {
  await stage('one of three masters loses the data of etcd, and one its power: there is no quorum', async () => {
    await loseData(scene.node('m2'))
    await kill(scene.node('m3'))
    await waitForNoQuorum(scene)
    const { stderr } = await scene.site().cli(['cluster', 'recover', CLUSTER, '--yes', '--survivor', 'm2'])
    assert.match(stderr, /recover\/no-data/)
  })
  await stage('recover with the survivor, without the master that is off: two members, all objects', async () => {
    await scene.site().admin('cluster', 'recover', CLUSTER, '--yes', '--survivor', 'm1')
    await idle(scene)
    await etcdVotes(scene.node('m1'), 2)
    for (const name of ['kept', 'new']) await isThere(scene.node('m2'), name)
    await create(scene.node('m1'), 'meanwhile')
  })
  await stage(
    'the master that was off has the former data: it joins by itself, and has what came meanwhile',
    async () => {
      const bootedAt = performance.now()
      await boot(scene.node('m3'), scene.signal)
      await etcdVotes(scene.node('m1'), 3)
      scene.say(`  m3 has its vote ${((performance.now() - bootedAt) / 1000).toFixed(1)} s after the boot`)
      await allReady(scene.node('m1'), 3)
      for (const name of ['kept', 'new', 'meanwhile']) await isThere(scene.node('m3'), name)
      await scene.awaitReady()
    },
  )
  await stage('two of three lose their power: recover with the survivor alone', async () => {
    for (const name of OTHERS) await kill(scene.node(name))
    await waitForNoQuorum(scene)
    // Before that it would get an order of the recovery, which it would carry out when it is back.
    await waitFor('the controller to miss both', () => areAway(scene, OTHERS), { withinMs: 180_000, everyMs: 1_000 })
    await scene.site().admin('cluster', 'recover', CLUSTER, '--yes', '--survivor', 'm1')
    await idle(scene)
    await etcdVotes(scene.node('m1'), 1)
    await create(scene.node('m1'), 'alone')
  })
  await stage('both come back together, as a quorum of the former etcd: each joins the restored one', async () => {
    const bootedAt = performance.now()
    const { asked, failed } = await answersDuring(scene.node('m1'), askFor('alone'), async () => {
      await Promise.all(OTHERS.map((name) => boot(scene.node(name), scene.signal)))
      for (const votes of [2, 3]) {
        await etcdVotes(scene.node('m1'), votes)
        scene.say(`  ${votes} votes ${((performance.now() - bootedAt) / 1000).toFixed(1)} s after the boot`)
      }
    })
    scene.say(`  ${failed.length} of ${asked} requests at the endpoint failed`)
    // Restored data, or none: the former etcd does not have this object.
    assert.deepEqual(
      failed.filter((line) => line.includes(' 404')),
      [],
    )
    await allReady(scene.node('m1'), 3)
    for (const name of OTHERS)
      for (const object of ['kept', 'new', 'meanwhile', 'alone']) await isThere(scene.node(name), object)
    await scene.awaitReady()
  })
}

/** For curl on a master: an object at the endpoint of the cluster. */
function askFor(name: string): string[] {
  const pki = '/etc/kubernetes/pki'
  const identity = ['--cert', `${pki}/apiserver-kubelet-client.crt`, '--key', `${pki}/apiserver-kubelet-client.key`]
  const url = `https://api.${CLUSTER}.cantrip.internal:6443/api/v1/namespaces/default/configmaps/${name}`
  return ['--fail', '--cacert', `${pki}/ca.crt`, ...identity, url]
}

async function areAway(scene: Scene, names: readonly string[]): Promise<true | undefined> {
  const rows = await scene.site().json<NodeView[]>('node', 'list')
  return rows.every(({ name, connected }) => !names.includes(name) || !connected) || undefined
}

async function waitForNoQuorum(scene: Scene): Promise<void> {
  const hasNone = async () => (await statesOf(scene)).every(({ etcd }) => etcd?.hasQuorum !== true) || undefined
  await waitFor('no quorum', hasNone, { withinMs: 60_000 })
}
