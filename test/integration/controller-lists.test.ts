/** Pages of a list, its filters and fields, on a running controller; and the CLI, which reads all pages. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openAdminClient } from '../../src/cli/controller/session/client.ts'
import { everyItem } from '../../src/cli/controller/session/every-item.ts'
import { newCluster, newNode } from '../../src/controller/domain/new-records.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { openStore } from '../../src/controller/store/open.ts'
import { nodeRoutes } from '../../src/protocol/api/nodes.ts'
import { ClusterSettings } from '../../src/protocol/settings/cluster-settings.ts'
import { adminOf, call } from '../support/controller/client.ts'

const NODES = 1_200
let dataDirectory: string
let controller: Controller
const createdAt = '2026-01-01T00:00:00.000Z'

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'lists-'))
  const start = () =>
    startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000, drainMs: 0 })
  await (await start()).close()
  const store = await openStore({ dataDirectory })
  const id = 'c-aaaaaaaaaa'
  const settings = ClusterSettings.parse({})
  const cluster = newCluster({ id, name: 'large', project: 'default', settings, createdAt })
  const nodes = Array.from({ length: NODES }, (_, at) => {
    const given = { clusterId: id, name: `n${at}`, address: '10.0.0.1', createdAt }
    return newNode({
      ...given,
      id: `n-${`${at}`.padStart(10, '0').replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`,
    })
  })
  await store.commit([
    { change: 'add-cluster', cluster },
    ...nodes.map((node) => ({ change: 'add-node' as const, node })),
    { change: 'set-node', id: nodes[7]?.id ?? '', to: { state: 'APPROVED', roles: ['master'] } },
  ])
  await store.close()
  controller = await start()
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const get = (path: string) => call(controller.url, adminOf(controller), 'GET', path)

it('lists nodes in pages, each once', async () => {
  const sizes: number[] = []
  const ids: string[] = []
  for (let after = ''; ; ) {
    const { json, text } = await get(`/v1/nodes?cluster=large&sort=-name${after}`)
    expect(text.length).toBeLessThan(1_100_000)
    sizes.push(json.items.length)
    ids.push(...json.items.map(({ id }: { id: string }) => id))
    if (json.next === null) break
    after = `&after=${json.next}`
  }
  expect(sizes).toEqual([500, 500, 200])
  expect(new Set(ids).size).toBe(NODES)
})

it('chooses nodes and their fields', async () => {
  const { json } = await get('/v1/nodes?state=APPROVED&fields=name,roles')
  expect(json).toEqual({ items: [{ name: 'n7', roles: ['master'] }], next: null })
  expect((await get('/v1/nodes?role=master&limit=1')).json.items).toHaveLength(1)
  expect((await get('/v1/nodes?role=worker')).json.items).toEqual([])
})

it('chooses clusters and their fields', async () => {
  const { json } = await get('/v1/clusters?fields=name,state')
  expect(json).toEqual({ items: [{ name: 'large', state: 'NEW' }], next: null })
  expect((await get('/v1/clusters?project=other')).json.items).toEqual([])
})

it.each(['fields=none', 'sort=fields', 'limit=0', 'limit=501', 'after=a.b', 'state=GONE'])(
  'refuses %s',
  async (query) => {
    const { status, json } = await get(`/v1/nodes?${query}`)
    expect([status, json.code]).toEqual([400, 'request/invalid'])
  },
)

it('refuses the end of no page', async () => {
  const { status, json } = await get('/v1/nodes?after=abc')
  expect([status, json.code]).toEqual([422, 'request/unusable'])
})

it('the CLI reads all pages', async () => {
  const { ca, cert, key } = adminOf(controller)
  const client = openAdminClient({ url: controller.url, ca, certificate: cert, key })
  const names = (await everyItem(client, nodeRoutes.listNodes, { cluster: 'large' })).map(({ name }) => name)
  client.close()
  expect(new Set(names).size).toBe(NODES)
})
