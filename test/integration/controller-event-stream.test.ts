/** Server-sent events of a running controller. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import { adminOf, call, createCluster, enrolNode, type Installer } from '../support/controller/client.ts'
import { listen as listenTo, type Stream } from '../support/controller/listen.ts'
import { waitFor } from '../support/wait-for.ts'

let dataDirectory: string
let controller: Controller
let installer: Installer
let other: Installer
const open: Stream<LogEntry>[] = []

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'events-'))
  controller = await startController({
    ...{ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000, drainMs: 0 },
  })
  installer = await createCluster(controller, 'demo')
  other = await createCluster(controller, 'other')
})
afterEach(() => {
  for (const stream of open.splice(0)) stream.close()
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

async function listen(query = '', headers: Record<string, string> = {}): Promise<Stream<LogEntry>> {
  const stream = await listenTo<LogEntry>(adminOf(controller), `${controller.url}/v1/events${query}`, headers)
  open.push(stream)
  return stream
}

/** Three events: a node is discovered and approved. Returns its id. */
const happen = async (where = installer, name = `n${Math.random().toString(36).slice(2, 8)}`) =>
  (await enrolNode(controller, where, name)).id
const until = (stream: Stream<LogEntry>, isIt: (entry: LogEntry) => boolean) =>
  waitFor('an event', () => stream.entries().find(isIt), { details: stream.text })
const seqs = (stream: Stream<LogEntry>) => stream.ids()
const approved = (id: string) => (entry: LogEntry) =>
  entry.node?.id === id && entry.event.kind === 'node-state' && entry.event.state === 'APPROVED'

it('sends new events as they happen, once, with their numbers', async () => {
  await happen()
  const stream = await listen()
  expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
  const { last } = (await call(controller.url, adminOf(controller), 'GET', '/v1/events?tail=1')).json
  for (let at = 0; at < 3; at++) await until(stream, approved(await happen()))
  const { json } = await call(controller.url, adminOf(controller), 'GET', `/v1/events?after=${last}`)
  expect(json.events.length).toBeGreaterThan(3)
  await waitFor('all', () => stream.entries().length === json.events.length || undefined)
  expect(stream.entries()).toEqual(json.events)
})

it('resumes after the last event that the client got', async () => {
  const first = await listen('?after=0')
  await until(first, approved(await happen()))
  const got = seqs(first)
  first.close()
  const missed = await happen()
  const second = await listen('', { 'last-event-id': String(got.at(-1)) })
  await until(second, approved(missed))
  await until(second, approved(await happen()))
  const all = (await call(controller.url, adminOf(controller), 'GET', '/v1/events')).json.events as LogEntry[]
  expect([...got, ...seqs(second)]).toEqual(all.map(({ seq }) => seq))
})

it('tells who asks for it that people changed something, and not that somebody tried to', async () => {
  const [stream, silent] = [await listen('?changes=1'), await listen()]
  const countIn = ({ text }: Stream<LogEntry>) => text().split('event: changed').length - 1
  const admin = adminOf(controller)
  const refused = await call(controller.url, admin, 'POST', '/v1/clusters/demo/provision')
  expect(refused.status).toBeGreaterThanOrEqual(400)
  const before = stream.ids()
  await call(controller.url, admin, 'POST', '/v1/accounts', {
    ...{ name: 'changed', password: 'four random words', grants: [] },
  })
  await waitFor('the change', () => countIn(stream) === 1, { details: stream.text })
  expect(stream.ids()).toEqual(before)
  await until(silent, approved(await happen()))
  expect(countIn(silent)).toBe(0)
})

it('sends only events of the chosen cluster', async () => {
  const stream = await listen('?cluster=other')
  await happen(installer)
  const id = await happen(other)
  await until(stream, approved(id))
  expect(new Set(stream.entries().map(({ cluster }) => cluster))).toEqual(new Set(['other']))
})

it('refuses an unknown cluster, a bad number, and more streams of one client than its share', async () => {
  expect((await listen('?cluster=none')).status).toBe(404)
  expect((await listen('', { 'last-event-id': 'x' })).status).toBe(400)
  const statuses: number[] = []
  for (let count = 0; count < 65; count++) statuses.push((await listen()).status)
  expect(statuses.slice(0, 64).every((status) => status === 200)).toBe(true)
  expect(statuses.at(-1)).toBe(429)
})

it('ends when the controller stops', async () => {
  const stream = await listen()
  await controller.close()
  await waitFor('its end', () => stream.isOver() || undefined)
  controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, drainMs: 0 })
})
