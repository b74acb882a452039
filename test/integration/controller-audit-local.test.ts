/** What commands do to the files of a controller on its machine, beside it or while it is stopped, is in its audit log. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProgram } from '../../src/cli/controller/program.ts'
import { NOTES } from '../../src/controller/audit/local/local-acts.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { openChainCheck } from '../../src/protocol/audit/chain.ts'
import type { AuditEntry } from '../../src/protocol/audit/entry.ts'
import { adminOf, call } from '../support/controller/client.ts'
import { runController } from '../support/controller/process.ts'
import { tinyBundle } from '../support/tiny-bundle.ts'

let root: string
let controller: Controller | undefined
const at = (name: string) => join(root, name)
const data = () => at('data')

const start = async () => {
  const listen = { host: '127.0.0.1', port: 0 }
  controller = await startController({ dataDirectory: data(), listen, tickMs: 600_000, drainMs: 1 })
  return controller
}
const stop = async () => {
  await controller?.close()
  controller = undefined
}
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'local-'))
})
afterEach(async () => {
  await stop()
  rmSync(root, { recursive: true })
})

async function entries(of: Controller): Promise<AuditEntry[]> {
  const { entries: all } = (await call(of.url, adminOf(of), 'GET', '/v1/audit')).json as { entries: AuditEntry[] }
  const check = openChainCheck()
  for (const each of all) check.add(each)
  expect(check.end().fault).toBeUndefined()
  return all.filter(({ who }) => who.kind === 'local-user')
}
const run = (...argv: string[]) => runController([...argv, '--data', data()])

const outcomes = (all: readonly AuditEntry[]) => all.map(({ action, outcome, code }) => `${action} ${code ?? outcome}`)

test('each command that changes the files of a controller has entries, of a running one and of one that starts later', async () => {
  const running = await start()
  const { directory, publicKey } = await tinyBundle(at('bundle'))
  writeFileSync(at('builder.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  expect(await run('bundle', 'import', directory, '--key', at('builder.pub'))).toMatchObject({ code: 0 })
  expect((await run('agents', 'import', directory, '--key', at('builder.pub'))).code).toBe(2)
  expect((await run('agents', 'remove', '9.9.9', '--yes')).code).toBe(2)
  expect((await run('database', 'migrate', '--to', 'postgres://nobody@127.0.0.1:1/none')).code).not.toBe(0)
  await running.tick()
  const ofRunning = await entries(running)
  expect(outcomes(ofRunning)).toEqual([
    ...['importBundle begun', 'importBundle done', 'importAgents begun', 'importAgents bundle/missing-file'],
    ...['removeAgents begun', 'removeAgents bundle/unknown', 'migrateDatabase begun'],
    expect.stringMatching(/^migrateDatabase \w+\/.+/),
  ])
  expect(ofRunning[1]?.changes).toMatchObject([{ record: 'bundle', change: 'added', name: expect.any(String) }])
  await stop()
  writeFileSync(at('key'), 'a key file with enough bytes\n', { mode: 0o600 })
  for (const verb of ['seal', 'unseal']) expect((await run('keys', verb, '--key-file', at('key'))).code).toBe(0)
  const later = (await entries(await start())).slice(ofRunning.length)
  expect(outcomes(later)).toEqual(['sealKeys begun', 'sealKeys done', 'unsealKeys begun', 'unsealKeys done'])
  expect(later[1]).toMatchObject({
    who: { kind: 'local-user', name: expect.stringMatching(/./), id: String(userInfo().uid) },
    reason: expect.stringMatching(/^controller keys seal, at .*Z$/),
    changes: [
      { record: 'key', id: 'ca.key', change: 'changed' },
      { record: 'key', id: 'instruction.key', change: 'changed' },
    ],
  })
  expect(readdirSync(join(data(), NOTES))).toEqual([])
}, 60_000)

test('a note that no command wrote makes no entry, and one that was recorded makes no second one', async () => {
  await (await start()).tick()
  await stop()
  expect((await run('agents', 'remove', '9.9.9', '--yes')).code).toBe(2)
  const kept = readdirSync(join(data(), NOTES)).map((name) => [name, readFileSync(join(data(), NOTES, name))] as const)
  expect(kept).toHaveLength(2)
  expect(await entries(await start())).toHaveLength(2)
  await stop()
  for (const [name, content] of kept) writeFileSync(join(data(), NOTES, name), content)
  writeFileSync(join(data(), NOTES, 'any.json'), '{"action":1}')
  writeFileSync(join(data(), NOTES, 'other.json'), 'nothing')
  expect(await entries(await start())).toHaveLength(2)
  expect(readdirSync(join(data(), NOTES))).toEqual([])
})

test('every command on a data directory is known here', () => {
  const found: string[] = []
  const walk = (command: Command, path: string) => {
    if (command.options.some(({ long }) => long === '--data')) found.push(path.trim())
    for (const each of command.commands) walk(each, `${path} ${each.name()}`)
  }
  walk(createProgram(), '')
  const noted = ['bundle import', 'agents import', 'agents remove', 'keys seal', 'keys unseal', 'database migrate']
  // By the route that exports records; by the first start.
  const recordedOtherwise = ['backup', 'restore']
  const unrecorded = ['serve', 'install', 'uninstall', 'bundle list', 'agents list']
  expect(found.sort()).toEqual([...noted, ...recordedOtherwise, ...unrecorded].sort())
})
