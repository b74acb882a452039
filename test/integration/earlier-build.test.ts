/** Agent and controller, one of them from the previous build, with its original code from the history. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { agentOf, askAdmin } from '../support/agent/enrolled.ts'
import type { Installation } from '../support/agent/installation.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { EARLIER_BUILD, unpack } from '../support/earlier/earlier-agent.ts'
import { waitFor } from '../support/wait-for.ts'

const PORT = 18_469
let earlier: string
let dataDirectory: string
let output = ''
const closers: (() => unknown)[] = []

beforeAll(async () => {
  earlier = mkdtempSync(join(tmpdir(), 'earlier-build-'))
  await unpack(EARLIER_BUILD, earlier)
})
afterAll(() => rmSync(earlier, { recursive: true }))
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function program(...argv: string[]): ChildProcess {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  closers.push(() => new Promise((resolve) => child.once('exit', resolve) && child.kill('SIGKILL')))
  return child
}

async function newDirectory(): Promise<void> {
  output = ''
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  closers.push(() => rmSync(dataDirectory, { recursive: true }))
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
}

/** The node is approved, connects and completes its run. */
async function runs(controller: Controller, agent: Installation): Promise<void> {
  closers.push(() => agent.remove())
  const until = async <T>(what: string, look: () => T | Promise<T>): Promise<void> => {
    await waitFor(what, async () => Boolean(await look()), { everyMs: 50 }).catch((error) => {
      throw new Error(`${error}\n${output}`)
    })
  }
  await until('the node to be registered', () => agent.status()?.nodeId)
  const id = agent.status()?.nodeId ?? ''
  const shown = () => askAdmin(controller, 'GET', `/v1/nodes/${id}`)
  await askAdmin(controller, 'POST', `/v1/nodes/${id}/approve`)
  await until('the facts', async () => (await shown()).facts)
  await askAdmin(controller, 'POST', `/v1/nodes/${id}/configure`, { roles: ['master', 'worker'] })
  await askAdmin(controller, 'POST', '/v1/clusters/demo/provision')
  await until(
    'the run to be done',
    async () => (await shown()).run?.state === 'done' || (await shown()).state === 'READY',
  )
  const { events } = await askAdmin(controller, 'GET', `/v1/events?node=${id}`)
  const kinds = events.map(({ event }: { event: { kind: string } }) => event.kind)
  expect(kinds).toEqual(expect.arrayContaining(['run-started', 'step-started', 'step-done', 'run-ended']))
}

test('an agent of the previous build connects to this controller and completes its run', async () => {
  await newDirectory()
  const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
  closers.push(() => controller.close())
  const agent = await agentOf(controller)
  program(join(earlier, 'test/support/agent/program.ts'), agent.root, 'run')
  await runs(controller, agent)
})

test('an agent of this build connects to the controller of the previous build and completes its run', async () => {
  await newDirectory()
  const url = `https://127.0.0.1:${PORT}`
  const serve = ['serve', '--data', dataDirectory, '--listen', `127.0.0.1:${PORT}`, '--public-url', url]
  program(join(earlier, 'src/controller.ts'), ...serve)
  const adminFile = join(dataDirectory, 'admin.json')
  await waitFor('the controller', () => existsSync(adminFile) && output.includes(String(PORT)), { everyMs: 50 })
  expect(JSON.parse(readFileSync(adminFile, 'utf8')).ca).toContain('CERTIFICATE')
  const controller = { url, adminFile } as Controller
  const agent = await agentOf(controller)
  program(join(import.meta.dirname, '../support/agent/program.ts'), agent.root, 'run')
  await runs(controller, agent)
  expect(output).not.toContain('refused')
})
