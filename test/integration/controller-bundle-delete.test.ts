/** `controller bundle delete` against a real controller. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withdrawBundle } from '../../src/bundle/deleted.ts'
import type { StoredBundle } from '../../src/bundle/import.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, createCluster, enrolNode } from '../support/controller/client.ts'
import { startCluster } from '../support/controller/start-cluster.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'

let dataDirectory: string
let controller: Controller
let bundle: StoredBundle
const start = () => startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  bundle = await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  controller = await start()
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = programEnvironment({ HOME: dataDirectory, CANTRIP_ADMIN: controller.adminFile })
  return new Promise((resolve) => {
    execFile(process.execPath, [CONTROLLER, 'bundle', ...argv], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err })
    })
  })
}

const importNewer = () =>
  importSmallBundle(dataDirectory, Buffer.from('another kubelet'), new Date('2026-02-01T00:00:00Z'))
const remove = (name: string) => run('delete', name, '--yes', '-o', 'json')
const admin = (method: string, path: string) => call(controller.url, adminOf(controller), method, path)
const manifest = () => admin('GET', `/v1/bundles/${bundle.manifestSha256}/manifest.json`)

it('refuses while the settings of clusters ask for it, names them, and deletes it after they are gone', async () => {
  await createCluster(controller, 'one')
  await createCluster(controller, 'two')
  const { name } = bundle.manifest
  const refused = await remove(name)
  expect([refused.code, refused.err]).toEqual([
    7,
    expect.stringMatching(/used by the clusters one, two.*bundle\/in-use/s),
  ])
  expect((await manifest()).status).toBe(200)
  for (const cluster of ['one', 'two']) await admin('DELETE', `/v1/clusters/${cluster}`)
  const deleted = await remove(name)
  expect(deleted).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(deleted.out)).toEqual({ name, manifestSha256: bundle.manifestSha256 })
  expect((await manifest()).status).toBe(404)
  expect((await run('list', '--data', dataDirectory, '-o', 'json')).out.trim()).toBe('[]')
  expect(await remove(name)).toMatchObject({ code: 2, err: expect.stringContaining('bundle/unknown') })
})

it('refuses while an open run installs from it, although there is a newer bundle; the newer one is not in its way', async () => {
  const node = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
  const agent = await startCluster(controller, node, 'demo')
  const other = await importNewer()
  const ambiguous = await remove(bundle.manifest.name)
  expect([ambiguous.code, ambiguous.err]).toEqual([7, expect.stringContaining('bundle/ambiguous')])
  const refused = await remove(bundle.manifestSha256.slice(0, 12))
  expect([refused.code, refused.err]).toEqual([7, expect.stringContaining('bundle/in-use')])
  agent.socket.close()
  const { status } = await admin('DELETE', '/v1/clusters/demo?force=1')
  expect(status).toBe(200)
  expect(await remove(bundle.manifestSha256.slice(0, 12))).toMatchObject({ code: 0 })
  expect(existsSync(other.directory)).toBe(true)
})

it('the settings ask for the newest bundle of their version, so an older one can be deleted', async () => {
  await createCluster(controller, 'demo')
  const newer = await importNewer()
  expect((await remove(newer.manifestSha256)).code).toBe(7)
  expect((await remove(bundle.manifestSha256)).code).toBe(0)
})

it('a start completes a deletion that was interrupted', async () => {
  await controller.close()
  await withdrawBundle(dataDirectory, bundle.manifestSha256)
  controller = await start()
  expect(readdirSync(join(dataDirectory, 'bundles'), { recursive: true })).toEqual([`deleted-${bundle.manifestSha256}`])
})
