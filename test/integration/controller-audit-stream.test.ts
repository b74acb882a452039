/** The audit log as server-sent events: of a running controller, and followed by the command. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import type { AuditEntry } from '../../src/protocol/audit/entry.ts'
import { adminOf, type Credentials, call, createCluster } from '../support/controller/client.ts'
import { listen as listenTo, type Stream } from '../support/controller/listen.ts'
import { CONTROLLER } from '../support/programs/programs.ts'
import { waitFor } from '../support/wait-for.ts'

let dataDirectory: string
let controller: Controller
const open: Stream<AuditEntry>[] = []

const start = (port = 0) =>
  startController({ dataDirectory, listen: { host: '127.0.0.1', port }, tickMs: 600_000, drainMs: 0 })
beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'audit-'))
  controller = await start()
})
afterEach(async () => {
  for (const stream of open.splice(0)) stream.close()
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

async function listen(
  query = '',
  headers: Record<string, string> = {},
  by: Partial<Credentials> = adminOf(controller),
): Promise<Stream<AuditEntry>> {
  const stream = await listenTo<AuditEntry>(by, `${controller.url}/v1/audit${query}`, headers)
  open.push(stream)
  return stream
}
const ask = (method: string, path: string, body?: unknown) =>
  call(controller.url, adminOf(controller), method, path, body)
/** One entry. */
const change = async (name: string) => {
  const grants = [{ role: 'viewer', project: null }]
  const { status, text } = await ask('POST', '/v1/accounts', { name, password: 'correct horse battery', grants })
  if (status !== 200) throw new Error(text)
}
const names = (stream: Stream<AuditEntry>) => stream.entries().map(({ changes }) => changes[0]?.name)

it('sends new entries at once, with their numbers, and only those that were chosen', async () => {
  await change('before')
  const all = await listen()
  expect([all.status, all.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
  const [other, ofCluster] = [await listen('?who=nobody'), await listen('?cluster=demo')]
  const beganMs = performance.now()
  await change('ann')
  await waitFor('an entry', () => names(all).includes('ann'))
  // Not only at the next look.
  expect(performance.now() - beganMs).toBeLessThan(4_000)
  await createCluster(controller, 'demo')
  await waitFor('an entry of the cluster', () => ofCluster.entries().length === 1)
  expect(names(all)).toEqual(['ann', 'demo'])
  const { entries } = (await ask('GET', '/v1/audit')).json as { entries: AuditEntry[] }
  expect(all.entries()).toEqual(entries.slice(-2))
  expect(all.ids()).toEqual(entries.slice(-2).map(({ number }) => number))
  expect(other.entries()).toEqual([])
})

it('resumes after the last entry that the client got, and begins where it is told', async () => {
  await change('one')
  const first = await listen('?after=0')
  await waitFor('the first entry', () => names(first).includes('one'))
  first.close()
  await change('two')
  const second = await listen('', { 'last-event-id': String(first.ids().at(-1)) })
  await waitFor('the second', () => names(second).includes('two'))
  expect(names(second)).toEqual(['two'])
  expect((await listen('', { 'last-event-id': 'x' })).status).toBe(400)
})

it('ends for somebody who is no longer admitted, and when the controller stops', async () => {
  const grants = [{ role: 'admin', project: null }]
  const { json } = await ask('POST', '/v1/tokens', { name: 'watcher', grants })
  const { ca } = adminOf(controller)
  const watching = await listen('', { authorization: `Bearer ${json.secret}` }, { ca })
  const stream = await listen()
  expect([watching.status, stream.status]).toEqual([200, 200])
  await ask('DELETE', '/v1/tokens/watcher')
  await waitFor('the end of the revoked one', () => watching.isCut())
  expect(stream.isCut()).toBe(false)
  const { port } = controller
  await controller.close()
  await waitFor('the end of the other one', () => stream.isOver())
  controller = await start(port)
})

it('the command follows it over a restart, and ends when its reader has left', async () => {
  const env = { PATH: process.env.PATH, HOME: dataDirectory, CANTRIP_ADMIN: controller.adminFile }
  const follow = `${process.execPath} ${CONTROLLER} audit list -f -n 1`
  const child = spawn('bash', ['-c', `${follow} | sed -u 2q; echo "ended \${PIPESTATUS[0]}"`], { env })
  onTestFinished(() => void child.kill())
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const details = () => out + err
  await waitFor('the last entry', () => out.includes('#1 '), { details })
  const { port } = controller
  await controller.close()
  await waitFor('the interruption', () => err.includes('[!] Interrupted'), { details })
  controller = await start(port)
  await change('ann')
  await waitFor('the new entry', () => out.includes('account ann added'), { details })
  // Only when it writes does a program learn that nobody reads.
  let count = 0
  const isOver = async () => {
    await change(`more-${++count}`)
    return out.includes('ended 0')
  }
  await waitFor('its end', isOver, { everyMs: 200, details })
  expect(err).toMatch(/^\[!\] Interrupted: .*\n\[\+\] Connected again: .*\n$/)
})
