/** What the stories of a lost etcd share: the cluster `vault`, its objects, and what its masters say about etcd. */
import assert from 'node:assert/strict'
import type { Backup } from '../../src/protocol/wire/messages/backup.ts'
import { MEMBER_DATA } from '../../src/provision/paths.ts'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'
import { ADMIN, IMAGE } from './test-pod.ts'

export const CLUSTER = 'vault'

interface Listed {
  masters: { node: string; backups: Backup[]; etcd: { hasQuorum: boolean } | null }[]
}

export async function ask<T>(scene: Scene, ...argv: string[]): Promise<T> {
  const { code, stdout, stderr } = await scene.site().cli(['cluster', ...argv, '-o', 'json'])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as T
}

export const statesOf = async (scene: Scene) => (await ask<Listed>(scene, 'backup', 'list', CLUSTER)).masters
export const backupsOf = async (scene: Scene, name: string) =>
  (await statesOf(scene)).find(({ node }) => node === name)?.backups ?? []

/** A pod and a ConfigMap of this name. */
export async function create(node: Node, name: string): Promise<void> {
  const pod = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } },
    spec: {
      nodeName: node.name,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'own', image: IMAGE, imagePullPolicy: 'Never', args: ['sleep', '100000'] }],
    },
  }
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } }
  for (const object of [pod, map]) {
    await execOk(node, ['kubectl', ...ADMIN, 'apply', '-f', '-'], { stdin: JSON.stringify(object) })
  }
  const { code, stderr } = await kubectl(node, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s')
  assert.equal(code, 0, stderr)
}

/** Its ConfigMap, at the endpoint. */
export async function isThere(node: Node, name: string): Promise<void> {
  const { code, stderr } = await kubectl(node, 'get', 'configmap', name)
  assert.equal(code, 0, stderr)
}

/** As if its disk had been replaced. */
export async function loseData(node: Node): Promise<void> {
  await execOk(node, ['systemctl', 'stop', 'etcd'])
  await execOk(node, ['rm', '-rf', MEMBER_DATA])
  // As after a failure: systemd tries to start it again.
  await exec(node, ['systemctl', 'start', 'etcd'])
}

interface Shown {
  nodes: { name: string; run: { state: string } | null; error: { code: string } | null }[]
}

/** Waits until no node carries out a run. */
export async function idle(scene: Scene): Promise<void> {
  let last: unknown
  await waitFor(
    'the end of all runs',
    async () => {
      const { nodes } = await ask<Shown>(scene, 'show', CLUSTER)
      last = nodes.map(({ name, run, error }) => ({ name, run, error }))
      return nodes.every(({ run }) => run?.state !== 'open') ? true : undefined
    },
    { withinMs: 300_000, details: () => JSON.stringify(last) },
  )
}
