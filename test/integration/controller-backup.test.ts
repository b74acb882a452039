/** Backups of a running controller by its program, and controllers that start from them. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AgentError } from '../../src/base/agent-error.ts'
import { startController } from '../../src/controller/start.ts'
import { openChainCheck } from '../../src/protocol/audit/chain.ts'
import type { AuditPage } from '../../src/protocol/audit/routes.ts'
import { connectAgent, facts } from '../support/controller/agent.ts'
import { type Backend, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call } from '../support/controller/client.ts'
import { Scene, type SceneNode } from '../support/controller/scene.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'

const PASSPHRASE = 'correct horse battery'

interface Ran {
  code: number
  out: string
  err: string
}
function run(argv: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CONTROLLER, ...argv], { env: programEnvironment() }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
    child.stdin?.end(input)
  })
}
const failure = ({ err }: Ran) => err.replaceAll('\n', ' ')

const backends: [Backend, isPostgres: boolean][] = [
  [sqliteBackend(), false],
  [postgresBackend(), true],
]
const postgres = backends[1]?.[0] as Backend
beforeAll(() => postgres.start())
afterAll(() => postgres.stop())

let root: string
let scene: Scene
const data = () => join(root, 'data')
const backup = () => join(root, 'factory.backup')
const passphraseFile = () => join(root, 'passphrase')
const database = async (isPostgres: boolean) => (isPostgres ? (await postgres.database()).where : undefined)

async function open(url?: string): Promise<void> {
  root = mkdtempSync(join(tmpdir(), 'backup-'))
  writeFileSync(passphraseFile(), `${PASSPHRASE}\n`, { mode: 0o600 })
  await importSmallBundle(data(), Buffer.from('kubelet'))
  scene = new Scene(data(), url)
  await scene.start()
}
async function close(): Promise<void> {
  await scene.close()
  rmSync(root, { recursive: true })
}
const backUp = (...more: string[]) =>
  run(['backup', backup(), '--data', data(), '--passphrase-file', passphraseFile(), ...more])
const restore = (...more: string[]) =>
  run(['restore', backup(), '--data', data(), '--passphrase-file', passphraseFile(), ...more])

async function ask(path: string): Promise<void> {
  const { status, text } = await scene.admin('POST', path, {})
  if (status !== 200) throw new Error(text)
}
async function reconnect({ node, agent }: SceneNode, lastSeq: number, more: object = {}): Promise<SceneNode> {
  agent.socket.terminate()
  await agent.closed
  return { node, agent: await connectAgent(scene.controller, node, lastSeq, facts, more) }
}
async function carryOut({ agent }: SceneNode, seq: number) {
  const instruction = await agent.instruction()
  agent.send('result', { run: instruction.run, outcome: 'done' }, seq)
  await agent.next('ack', ({ ack }) => ack >= seq)
  return instruction
}

/** The audit log is one chain, up to the backup and since the restore, of which it has an entry. */
async function auditContinues(): Promise<void> {
  const { entries } = (await scene.admin('GET', '/v1/audit')).json as AuditPage
  const check = openChainCheck()
  for (const entry of entries) check.add(entry)
  expect(check.end().fault).toBeUndefined()
  const [exported, restored, reissued] = entries.slice(-3)
  expect(exported).toMatchObject({ action: 'exportRecords', who: { name: 'local' } })
  expect(restored).toMatchObject({ action: 'restoreBackup', who: { kind: 'controller' } })
  expect(restored?.reason).toMatch(/^restored at .*Z from the backup of .*Z$/)
  expect(reissued).toMatchObject({ action: 'keepAdminAccess' })
  expect(existsSync(join(data(), 'restored.json'))).toBe(false)
}

describe.each(backends)('$name', (_, isPostgres) => {
  beforeEach(async () => open(await database(isPostgres)))
  afterEach(close)

  test('a backup of yesterday, restored on an empty machine: nodes go on, and know the controller', async () => {
    const [node] = await scene.up(['m1', ['master']])
    if (!node) throw new Error('no node')
    const made = await backUp('-o', 'json')
    expect(made).toMatchObject({ code: 0, err: '' })
    const report = JSON.parse(made.out)
    expect(report).toMatchObject({ counts: { clusters: 1, nodes: 1, enrolments: 1, runs: 1 } })
    expect(report.bundlesLeftOut).toMatchObject([{ name: expect.any(String) }])
    expect(statSync(backup()).mode & 0o777).toBe(0o600)
    const bytes = readFileSync(backup())
    for (const secret of ['PRIVATE KEY', '"m1"', 'demo', PASSPHRASE, 'master'])
      expect(bytes.includes(secret)).toBe(false)
    const ca = readFileSync(join(data(), 'pki/ca.crt'), 'utf8')

    // The node goes on after the backup.
    await ask('/v1/clusters/demo/reset')
    await carryOut(node, 2)
    await scene.controller.close()
    rmSync(data(), { recursive: true })
    const url = await database(isPostgres)
    const restored = await restore(...(url === undefined ? [] : ['--database', url]))
    expect(restored).toMatchObject({ code: 0, err: '' })
    expect(restored.out).toContain('import it again')
    expect(restored.out).toMatch(/Audit log: +intact, head \d+:[0-9a-f]{64}\n/)
    expect(readFileSync(join(data(), 'pki/ca.crt'), 'utf8')).toBe(ca)
    expect(statSync(data()).mode & 0o777).toBe(0o700)
    expect(statSync(join(data(), 'pki/ca.key')).mode & 0o777).toBe(0o600)
    expect(readdirSync(root).sort()).toEqual(['data', 'factory.backup', 'passphrase'])

    scene = new Scene(data(), url)
    await scene.resume()
    expect((await scene.admin('GET', '/v1/clusters')).json.items).toMatchObject([
      { name: 'demo', state: 'PROVISIONING' },
    ])
    await auditContinues()
    const again = await reconnect(node, 2, { lastGeneration: 2, confirmed: 2 })
    await ask('/v1/clusters/demo/reset')
    expect(await carryOut(again, 3)).toMatchObject({ role: 'reset', generation: 3 })
  })

  test("sessions and administrators' certificates of a backup end with its restore, and tokens too, unless they are to be kept", async () => {
    const grants = [{ role: 'viewer', project: null }]
    const earlier = adminOf(scene.controller)
    const { ca } = earlier
    await scene.admin('POST', '/v1/accounts', { name: 'ann', password: 'four random words', grants })
    const login = { name: 'ann', password: 'four random words', kind: 'token' }
    const session = (await call(scene.controller.url, { ca }, 'POST', '/v1/sessions', login)).json.token
    const token = (await scene.admin('POST', '/v1/tokens', { name: 'ci', grants })).json.secret
    const answers = async () => {
      const ask = async (secret: string) => {
        const headers = { authorization: `Bearer ${secret}` }
        const { status, json } = await call(scene.controller.url, { ca }, 'GET', '/v1/session', undefined, headers)
        return json?.code ?? status
      }
      const { status, json } = await call(scene.controller.url, earlier, 'GET', '/v1/session')
      return [await ask(session), await ask(token), json?.code ?? status]
    }
    expect(await answers()).toEqual([200, 200, 200])
    expect(await backUp()).toMatchObject({ code: 0 })
    for (const [more, wanted] of [
      [['--keep-tokens'], ['session/ended', 200, 'identity/revoked']],
      [[], ['session/ended', 'token/invalid', 'identity/revoked']],
    ] as const) {
      await scene.controller.close()
      rmSync(data(), { recursive: true })
      const url = await database(isPostgres)
      expect(await restore(...more, ...(url === undefined ? [] : ['--database', url]))).toMatchObject({ code: 0 })
      scene = new Scene(data(), url)
      await scene.resume()
      expect(await answers()).toEqual(wanted)
    }
    const { entries } = (await scene.admin('GET', '/v1/audit')).json as AuditPage
    expect(entries.findLast(({ action }) => action === 'restoreBackup')?.changes).toMatchObject([
      { record: 'session', change: 'removed' },
      { record: 'administrator', change: 'changed', fields: { revokedBy: { after: 'restore' } } },
      { record: 'token', name: 'ci', change: 'changed', fields: { revokedBy: { after: 'restore' } } },
    ])
  })

  test('with --bundles, what was imported is there after the restore', async () => {
    expect(await backUp('--bundles')).toMatchObject({ code: 0 })
    await scene.controller.close()
    rmSync(data(), { recursive: true })
    const url = await database(isPostgres)
    expect(await restore(...(url === undefined ? [] : ['--database', url]))).toMatchObject({ code: 0 })
    scene = new Scene(data(), url)
    await scene.resume()
    const listed = await run(['bundle', 'list', '--data', data(), '-o', 'json'])
    expect(JSON.parse(listed.out)).toHaveLength(1)
    const verified = await run(['backup', join(root, 'second'), '--data', data(), '--passphrase-file', '-'], PASSPHRASE)
    expect(verified).toMatchObject({ code: 0 })
  })
})

describe('refused', () => {
  beforeEach(() => open())
  afterEach(close)

  test('a backup without a passphrase, over another file, into the data directory, or without a controller', async () => {
    const argv = ['backup', backup(), '--data', data()]
    expect(failure(await run(argv))).toContain('passphrase/missing')
    expect(failure(await run([...argv, '--passphrase-file', '-'], 'short\n'))).toContain('passphrase/short')
    writeFileSync(backup(), 'precious')
    expect(failure(await backUp())).toContain('backup/exists')
    expect(readFileSync(backup(), 'utf8')).toBe('precious')
    const nowhere = ['backup', join(root, 'none/x'), '--data', data(), '--passphrase-file', passphraseFile()]
    expect(failure(await run(nowhere))).toContain('backup/no-directory')
    const inside = ['backup', join(data(), 'x'), '--data', data(), '--passphrase-file', passphraseFile()]
    expect(failure(await run(inside))).toContain('backup/inside-data')
    rmSync(backup())
    await scene.controller.close()
    expect(await backUp()).toMatchObject({ code: 6, err: expect.stringContaining('controller/unreachable') })
    expect(readdirSync(root).sort()).toEqual(['data', 'passphrase'])
    await scene.start()
  })

  test('a restore of what is damaged, cut off or of somebody else: one clear error, and nothing is written', async () => {
    expect(await backUp()).toMatchObject({ code: 0 })
    const whole = readFileSync(backup())
    const target = join(root, 'new')
    const attempt = async (bytes: Buffer, passphrase = PASSPHRASE) => {
      const file = join(root, 'attempt')
      writeFileSync(file, bytes)
      const ran = await run(['restore', file, '--data', target, '--passphrase-file', '-'], passphrase)
      expect(readdirSync(root).sort()).toEqual(['attempt', 'data', 'factory.backup', 'passphrase'])
      return `${ran.code} ${failure(ran)}`
    }
    expect(await attempt(whole, 'another passphrase')).toMatch(/^2 .*backup\/wrong-passphrase/)
    expect(await attempt(whole.subarray(0, -100))).toMatch(/^2 .*backup\/truncated/)
    const changed = Buffer.from(whole)
    changed[whole.length - 500] = (changed[whole.length - 500] ?? 0) ^ 1
    expect(await attempt(changed)).toMatch(/^2 .*backup\/damaged/)
    const newer = Buffer.from(whole)
    newer.write('9', 15)
    expect(await attempt(newer)).toMatch(/^2 .*backup\/newer/)
    expect(await attempt(Buffer.from('PK'))).toMatch(/^2 .*backup\/unknown-file/)
  })

  test('a restore over a controller, or into a database with records', async () => {
    expect(await backUp()).toMatchObject({ code: 0 })
    expect(failure(await restore())).toContain('restore/not-empty')
    const used = await postgres.database()
    const store = await used.open()
    const { fullCluster } = await import('../support/controller/records.ts')
    await store.commit(fullCluster())
    await store.close()
    const target = join(root, 'new')
    const argv = [
      'restore',
      backup(),
      '--data',
      target,
      '--database',
      used.where,
      '--passphrase-file',
      passphraseFile(),
    ]
    expect(failure(await run(argv))).toContain('store/not-empty')
    expect(existsSync(target)).toBe(false)
    await used.remove()
  })
})

describe('moving to another database', () => {
  beforeEach(() => open())
  afterEach(close)

  test('to PostgreSQL and back, with a node that notices nothing', async () => {
    const [node] = await scene.up(['m1', ['master']])
    if (!node) throw new Error('no node')
    const target = await postgres.database()
    const argv = ['database', 'migrate', '--data', data()]
    expect(failure(await run([...argv, '--to', target.where]))).toContain('store/locked')
    await scene.controller.close()
    expect(failure(await run(argv))).toContain('usage/migrate')
    const started = {
      dataDirectory: data(),
      database: { url: target.where, env: {} },
      listen: { host: '::1', port: 0 },
    }
    const refused = await startController(started).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'store/two-databases' })
    writeFileSync(join(root, 'controller'), `#!/bin/sh\nexec ${process.execPath} ${CONTROLLER} "$@"\n`, { mode: 0o755 })
    const env = programEnvironment({ PATH: `${root}:${process.env.PATH}` })
    const out = execFileSync('bash', ['-c', (refused as AgentError).fix], { encoding: 'utf8', env })
    expect(out).toContain('1 clusters, 1 nodes')
    expect(existsSync(join(data(), 'controller.db.moved'))).toBe(true)
    expect(existsSync(join(data(), 'controller.db'))).toBe(false)
    expect(failure(await run([...argv, '--to', target.where]))).toContain('store/no-file')

    scene = new Scene(data(), target.where)
    await scene.resume()
    const there = await reconnect(node, 1, { lastGeneration: 1, confirmed: 1 })
    await ask('/v1/clusters/demo/reset')
    expect(await carryOut(there, 2)).toMatchObject({ generation: 2 })
    await scene.controller.close()

    const back = await run([...argv, '--from', target.where])
    expect(back).toMatchObject({ code: 0, err: '' })
    expect(failure(await run([...argv, '--from', target.where]))).toContain('store/file-exists')
    scene = new Scene(data())
    await scene.resume()
    const again = await reconnect(there, 2, { lastGeneration: 2, confirmed: 2 })
    expect(await scene.show(again)).toMatchObject({ name: 'm1', connected: true })
  })

  test('a target with other records is refused, and the source stays', async () => {
    const target = await postgres.database()
    const store = await target.open()
    const { fullCluster } = await import('../support/controller/records.ts')
    await store.commit(fullCluster())
    await store.close()
    await scene.controller.close()
    const before = readFileSync(join(data(), 'controller.db'))
    const ran = await run(['database', 'migrate', '--data', data(), '--to', target.where])
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('store/not-empty') })
    expect(readFileSync(join(data(), 'controller.db')).equals(before)).toBe(true)
    await scene.start()
  })
})

test.skipIf(process.getuid?.() !== 0)(
  'a backup to a full disk is one error, and leaves no file (needs root)',
  async () => {
    await open()
    const full = join(root, 'full')
    mkdirSync(full)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', full])
    try {
      const ran = await run(['backup', join(full, 'x'), '--data', data(), '--passphrase-file', passphraseFile()])
      expect(ran).toMatchObject({ code: 4, err: expect.stringContaining('disk/full') })
      expect(ran.err.trim().split('\n').length).toBeLessThan(4)
      expect(readdirSync(full)).toEqual([])
    } finally {
      execFileSync('umount', [full])
      await close()
    }
  },
)
