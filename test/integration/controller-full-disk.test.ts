import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startController } from '../../src/controller/start.ts'
import { openSqliteStore } from '../../src/controller/store/sqlite/store.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import { ClusterSettings } from '../../src/protocol/settings/cluster-settings.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { type Answer, adminOf, call } from '../support/controller/client.ts'
import { cluster, node } from '../support/controller/member.ts'
import { Scene } from '../support/controller/scene.ts'
import { fillDisk } from '../support/fill-disk.ts'
import { waitFor } from '../support/wait-for.ts'

describe.skipIf(process.getuid?.() !== 0)('a full disk (needs root)', () => {
  let root: string
  let scene: Scene
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'full-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', root])
    scene = new Scene(join(root, 'data'))
    await scene.start()
  })
  afterEach(async () => {
    await scene.close()
    execFileSync('umount', [root])
    rmSync(root, { recursive: true })
  })

  const fill = () => fillDisk(join(root, 'ballast'))

  let clusters = 0
  const labels = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`label-${at}`, 'x'.repeat(60)]))
  function create(): Promise<Answer> {
    const csr = buildCsr(createKeyPair().privateKey, 'installer')
    const settings = ClusterSettings.parse({ labels })
    return scene.admin('POST', '/v1/clusters', { name: `c${clusters++}`, settings, csr })
  }
  /** The write-ahead log has space left over: the first changes may still succeed. */
  async function createUntilRefused(): Promise<Answer> {
    for (;;) {
      const answer = await create()
      if (answer.status !== 200) return answer
    }
  }

  test('every change fails with store/full, reads go on, nothing crashes, and writes resume when there is space', async () => {
    const { node, agent } = await scene.enrolled('one', ['worker'])
    fill()
    const refused = await createUntilRefused()
    expect(refused).toMatchObject({ status: 503, json: { code: 'store/full', fix: expect.stringContaining('df -h') } })
    expect(await scene.admin('GET', '/v1/nodes')).toMatchObject({ status: 200 })
    await expect(scene.controller.tick()).rejects.toMatchObject({ code: 'store/full' })

    agent.socket.terminate()
    await agent.closed
    const refusedAgain = await createUntilRefused()
    expect(refusedAgain.json).toMatchObject({ code: 'store/full' })
    expect(await scene.show({ node })).toMatchObject({ name: 'one' })

    rmSync(join(root, 'ballast'))
    expect(await create()).toMatchObject({ status: 200 })
    const again = await connectAgent(scene.controller, node)
    await waitFor('the node is connected', async () => (await scene.show({ node })).connected)
    await scene.restart()
    expect(await scene.show({ node })).toMatchObject({ name: 'one', roles: ['worker'] })
    await again.closed
  })

  test('the deletion of old events fails with store/full too', async () => {
    const store = openSqliteStore(join(root, 'other.db'))
    await store.commit([
      { change: 'add-cluster', cluster: cluster() },
      { change: 'add-node', node: node() },
    ])
    const message = 'x'.repeat(20_000)
    const at = '2026-01-01T00:00:00.000Z'
    const event = { kind: 'log', at, level: 'info', message } as const
    const of = { at, clusterId: cluster().id, nodeId: node().id, runId: null }
    for (let nodeSeq = 1; nodeSeq <= 40; nodeSeq++)
      await store.commit([{ change: 'add-event', event: { ...of, nodeSeq, event } }])
    await store.sweepEvents({ after: 0 }, 100)
    fill()
    const giveBack = async () => {
      for (let time = 0; time < 20; time++) {
        await store.giveBackSpace()
        await store.commit([{ change: 'set-cluster', id: cluster().id, to: { attempt: time } }])
      }
    }
    const failed = await giveBack().catch((error: unknown) => error)
    await store.close()
    expect(failed).toMatchObject({ code: 'store/full' })
  })

  test('a controller restarts on a full disk', async () => {
    const { port } = scene.controller
    await scene.controller.close()
    const start = () => startController({ dataDirectory: join(root, 'data'), listen: { host: '127.0.0.1', port } })
    await (await start()).close()
    fill()
    const restarted = await start()
    const listed = await call(restarted.url, adminOf(restarted), 'GET', '/v1/clusters')
    await restarted.close()
    rmSync(join(root, 'ballast'))
    await scene.start()
    expect(listed).toMatchObject({ status: 200, json: { items: [{ name: 'demo' }] } })
  })

  test('the first start on a full disk names the file system, and leaves nothing that stops the next one', async () => {
    fill()
    const dataDirectory = join(root, 'fresh')
    const start = () => startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
    await expect(start()).rejects.toMatchObject({ code: expect.stringMatching(/^store\/full$|^ENOSPC$/) })
    rmSync(join(root, 'ballast'))
    await (await start()).close()
  })

  test.each([0, 1, 4, 5, 6, 8, 12, 40, 80, 160])(
    'a first start for which %i blocks are left can be repeated',
    async (blocks) => {
      const dataDirectory = join(root, 'fresh')
      const start = () => startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
      fill()
      truncateSync(join(root, 'ballast'), statSync(join(root, 'ballast')).size - blocks * 4_096)
      await start().then(
        (controller) => controller.close(),
        (error) => expect(error).toMatchObject({ code: expect.stringMatching(/^store\/full$|^ENOSPC$/) }),
      )
      rmSync(join(root, 'ballast'))
      await (await start()).close()
    },
  )
})
