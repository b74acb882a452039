import assert from 'node:assert/strict'
import type { Backup } from '../../src/protocol/wire/messages/backup.ts'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'
import { lostQuorum } from './lost-quorum.ts'
import { allReady, etcdVotes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'
import { importImage } from './test-pod.ts'
import { ask, backupsOf, CLUSTER, create, idle, isThere, loseData } from './vault.ts'

const BACKUPS = '/var/lib/cantrip-etcd-backup'
const isFull = process.env.CANTRIP_FULL === '1'

/** Backups of etcd, the loss of its data on one master, and with --full on most of three masters. */
export async function restoredEtcd(scene: Scene, { stage }: Story): Promise<void> {
  const names = isFull ? ['m1', 'm2', 'm3'] : ['m1']
  let backup = ''
  await stage('a cluster is READY, and its masters have a timer for backups', async () => {
    await scene.boot(...names)
    await scene.createCluster(CLUSTER, [])
    for (const name of names) await scene.addNode(name, 'master,worker')
    await scene.provision()
    for (const node of scene.nodes()) {
      await importImage(node)
      await execOk(node, ['systemctl', 'is-active', 'cantrip-etcd-backup.timer'])
    }
  })
  await stage('what the timer starts saves a verified backup, and nothing else is left beside it', async () => {
    await execOk(scene.node('m1'), ['systemctl', 'start', 'cantrip-etcd-backup.service'])
    const [made] = await backupsOf(scene, 'm1')
    assert.equal(made?.reason, 'schedule')
    assert.equal((await execOk(scene.node('m1'), ['ls', '-A', BACKUPS])).trim(), made?.id)
    const files = await execOk(scene.node('m1'), ['stat', '-c', '%a %n', BACKUPS, ...contentOf(made?.id ?? '')])
    assert.deepEqual(
      files
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
      ['700', '600', '600', '600'],
    )
  })
  await stage('on a full disk there is one clear error, and no half file', async () => {
    const m1 = scene.node('m1')
    await execOk(m1, ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', BACKUPS])
    const { code, stderr } = await exec(m1, ['/usr/local/bin/cantrip-agent', 'etcd-backup'])
    const left = await execOk(m1, ['ls', '-A', BACKUPS])
    await execOk(m1, ['umount', BACKUPS])
    assert.notEqual(code, 0)
    assert.match(stderr, /etcd-backup\/disk-full/)
    assert.equal(left, '')
  })
  await stage('objects from before and after a backup on request', async () => {
    await create(scene.node('m1'), 'kept')
    const { backup: saved } = await ask<{ node: string; backup: Backup }>(scene, 'backup', 'now', CLUSTER)
    backup = saved.id
    await create(scene.node('m1'), 'lost')
  })
  await stage('a backup that is damaged or unknown is refused, and nothing stops', async () => {
    const unknown = await scene.site().cli(['cluster', 'restore', CLUSTER, '--yes', '--from', 'm1-20200101T000000Z'])
    assert.match(unknown.stderr, /etcd-backup\/unknown/)
    const damaged = (await backupsOf(scene, 'm1')).find(({ id }) => id !== backup)
    assert(damaged)
    await damage(scene, damaged.id)
    const refused = await scene.site().cli(['cluster', 'restore', CLUSTER, '--yes', '--from', damaged.id])
    assert.match(refused.stderr, /etcd-backup\/damaged/)
    await isThere(scene.node('m1'), 'lost')
  })
  await stage('the data of etcd is lost on all masters', async () => {
    for (const node of scene.nodes()) await loseData(node)
    assert.notEqual((await kubectl(scene.node('m1'), 'get', 'nodes', '--request-timeout=3s')).code, 0)
  })
  await stage('restore: the objects of the backup are there, and no others', async () => {
    await scene.site().admin('cluster', 'restore', CLUSTER, '--yes', '--from', backup)
    await idle(scene)
    for (const node of scene.nodes())
      await waitFor('the API', async () => (await kubectl(node, 'get', 'nodes')).code === 0 || undefined, {
        withinMs: 60_000,
      })
    await isThere(scene.node('m1'), 'kept')
    assert.notEqual((await kubectl(scene.node('m1'), 'get', 'configmap', 'lost')).code, 0)
    await etcdVotes(scene.node('m1'), names.length)
  })
  await stage('who watched before has to read again, and controllers and kubelets do', () => watchersSee(scene))
  if (isFull) await lostQuorum(scene, stage)
  await stage('uninstalled, backups and all', () => uninstallAll(scene.nodes()))
}

const contentOf = (id: string) =>
  ['snapshot.db', 'authorities.json', 'backup.json'].map((name) => `${BACKUPS}/${id}/${name}`)

/** One byte of the snapshot: `etcdutl snapshot status` does not see it. */
async function damage(scene: Scene, id: string): Promise<void> {
  const file = `${BACKUPS}/${id}/snapshot.db`
  const node = scene.node(id.slice(0, id.lastIndexOf('-')))
  await execOk(node, ['dd', 'if=/dev/urandom', `of=${file}`, 'bs=16', 'count=1', 'seek=5000', 'conv=notrunc'])
}

async function watchersSee(scene: Scene): Promise<void> {
  const m1 = scene.node('m1')
  const since = await kubectl(
    m1,
    'get',
    '--raw',
    '/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=100&timeoutSeconds=5',
  )
  assert.match(since.stdout + since.stderr, /"code":410/)
  // The kubelet ends the pod that is in no data any more, and the controllers do what is new.
  await waitFor(
    'the end of the pod that was lost',
    async () => {
      const { stdout } = await kubectl(m1, 'get', 'pods', '-o', 'name')
      return stdout.includes('pod/kept') && !stdout.includes('pod/lost') ? true : undefined
    },
    { withinMs: 60_000 },
  )
  await create(m1, 'new')
  const { stdout } = await kubectl(m1, 'get', 'configmap', 'new', '-o', 'jsonpath={.metadata.resourceVersion}')
  assert(Number(stdout) > 1_000_000_000, stdout)
  await allReady(m1, scene.nodes().length)
}
