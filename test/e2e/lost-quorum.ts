import assert from 'node:assert/strict'
import { boot, kill } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { allReady, etcdVotes, type Scene } from './shape.ts'
import type { Story } from './stages.ts'
import { CLUSTER, create, idle, isThere, loseData, statesOf } from './vault.ts'

/** Stages of a cluster of three masters that loses its quorum. */
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
}

async function waitForNoQuorum(scene: Scene): Promise<void> {
  const hasNone = async () => (await statesOf(scene)).every(({ etcd }) => etcd?.hasQuorum !== true) || undefined
  await waitFor('no quorum', hasNone, { withinMs: 60_000 })
}
