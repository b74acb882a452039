import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { createCluster, enrolNode } from '../support/controller/client.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'
import { waitFor } from '../support/wait-for.ts'

let dataDirectory: string
let controller: Controller
const following: ChildProcess[] = []
const start = (port: number) => startController({ dataDirectory, listen: { host: '127.0.0.1', port } })

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await start(0)
})
afterEach(async () => {
  for (const child of following.splice(0)) {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

/** Runs a command until the end of the test. The test can wait for its output. */
function follow(...argv: string[]) {
  const env = programEnvironment({ HOME: dataDirectory, CANTRIP_ADMIN: controller.adminFile })
  const child = spawn(process.execPath, [CONTROLLER, ...argv], { env })
  following.push(child)
  let out = ''
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk
  })
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  const prints = async (wanted: string) => {
    await waitFor(`"${wanted}" of ${argv.join(' ')}`, () => out.includes(wanted), { details: () => out })
  }
  return { prints, err: () => err }
}

it('list --watch and logs --follow continue after a restart of the controller', async () => {
  const installer = await createCluster(controller, 'demo')
  await enrolNode(controller, installer, 'n1')
  const listing = follow('node', 'list', '--watch')
  const logs = follow('cluster', 'logs', 'demo', '-f')
  await Promise.all([listing.prints('n1'), logs.prints('n1')])
  const { port } = controller
  await controller.close()
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  controller = await start(port)
  await enrolNode(controller, installer, 'n2')
  await Promise.all([listing.prints('n2'), logs.prints('n2')])
  expect(logs.err()).toMatch(/^\[!\] Interrupted: .*\n\[\+\] Connected again: .*\n$/)
})

it.each([
  ['cluster', 'watch', 'demo', '-o', 'json'],
  ['cluster', 'logs', 'demo', '-f', '-o', 'json'],
  ['node', 'list', '--watch', '-o', 'json'],
])('%s %s ends when its reader has left', async (...argv) => {
  const installer = await createCluster(controller, 'demo')
  await enrolNode(controller, installer, 'n1')
  const env = { PATH: process.env.PATH, HOME: dataDirectory, CANTRIP_ADMIN: controller.adminFile }
  const line = `${process.execPath} ${CONTROLLER} ${argv.join(' ')} | sed -u 1q; echo "ended \${PIPESTATUS[0]}"`
  const child = spawn('bash', ['-c', line], { env })
  following.push(child)
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  await waitFor('its first line', () => out.includes('\n'))
  // Only when it writes does a program learn that nobody reads.
  let count = 1
  const isOver = async () => {
    await enrolNode(controller, installer, `n${++count}`)
    return out.includes('ended 0')
  }
  await waitFor('its end', isOver, { everyMs: 200, details: () => out })
})
