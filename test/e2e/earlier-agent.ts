import assert from 'node:assert/strict'
import { earlierAgent } from '../support/earlier/earlier-agent.ts'
import { execOk } from '../support/testbed/machine.ts'
import { allReady, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

/** A master with an agent of the previous build, and a worker with this build, which the master invites. */
export async function earlierAgentStory(scene: Scene, { stage }: Story): Promise<void> {
  const earlier = await earlierAgent()
  await stage('two bare nodes and a cluster', async () => {
    await scene.boot('m1', 'w1')
    await scene.createCluster('mixed', [])
  })
  await stage('the master is installed with the agent of the previous build', () =>
    scene.addNodeWith({ executable: earlier }, 'm1', 'master,worker'),
  )
  await stage('the worker is installed with the agent of this build', () => scene.addNode('w1', 'worker'))
  await stage('their versions differ', async () => {
    const [before, now] = await Promise.all(['m1', 'w1'].map((name) => version(scene, name)))
    assert.notEqual(before, now)
    scene.say(`agents: ${before?.trim()} on m1, ${now?.trim()} on w1`)
  })
  await stage('provision: READY', () => scene.provision())
  await stage('both nodes and all pods are Ready', () => allReady(scene.node('m1'), 2))
  await stage('all are uninstalled', () => uninstallAll(scene.nodes()))
}

function version(scene: Scene, name: string): Promise<string> {
  return execOk(scene.node(name), ['/root/agent', '--version'])
}
