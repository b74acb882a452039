/** `controller creds` and `controller admin`, as a person types them. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { readCredentials } from '../../src/agent/identity/credentials.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { openScene, type Scene } from '../support/controller/scene.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { AGENT, CONTROLLER } from '../support/programs/programs.ts'
import { startTerminatingProxy } from '../support/proxies/terminating-proxy.ts'

let scene: Scene
let directory: string
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'identities-'))
  scene = await openScene()
})
afterEach(async () => {
  await scene.close()
  rmSync(directory, { recursive: true })
})

/** Runs the program as the administrator of a file. */
function as(admin: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const options = { env: programEnvironment({ HOME: directory, CANTRIP_ADMIN: admin }), cwd: directory }
  return new Promise((resolve) => {
    execFile(process.execPath, [CONTROLLER, ...argv], options, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })
}
const local = (...argv: string[]) => as(scene.controller.adminFile, ...argv)

test('creds renew writes two files that an agent accepts; list shows them, and revoke ends them', async () => {
  const renewed = await local('creds', 'renew', 'demo', '--max-nodes', '3', '--valid', '7')
  expect(renewed, renewed.err).toMatchObject({ code: 0, out: expect.stringContaining('--creds-file demo-2.pem') })
  const files = ['demo-2.pem', 'demo-2-passphrase.txt'].map((name) => join(directory, name))
  expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600])
  await readCredentials(files[0] ?? '', files[1] ?? '', linuxHostView())
  const again = await local('creds', 'renew', 'demo', '--name', 'demo-2')
  expect(again).toMatchObject({ code: 2, err: expect.stringMatching(/exists, and is not replaced/) })
  expect((await local('creds', 'list', 'demo')).out).toMatch(
    /^NAME +NODES +STATE.*\ndemo +0 +valid.*\ndemo-2 +0 of 3 +valid /,
  )
  expect((await local('creds', 'revoke', 'demo', 'demo-2')).code).toBe(2)
  expect((await local('creds', 'revoke', 'demo', 'demo-2', '--yes')).code).toBe(0)
  const sets = JSON.parse((await local('creds', 'list', 'demo', '-o', 'json')).out)
  expect(sets).toMatchObject([{ state: 'valid' }, { name: 'demo-2', state: 'revoked', revokedBy: 'local' }])
})

/** The verdict of a check of `agent precheck`, with the credentials of this name. */
async function precheck(check: string, name: string, ...options: string[]): Promise<string | undefined> {
  const files = ['--creds-file', `${name}.pem`, '--passphrase-file', `${name}-passphrase.txt`]
  const argv = [AGENT, 'precheck', '-o', 'json', ...files, ...options]
  const printed = await new Promise<string>((resolve) => {
    execFile(process.execPath, argv, { cwd: directory }, (_, out) => resolve(out))
  })
  const { checks } = JSON.parse(printed) as { checks: { id: string; verdict: string }[] }
  return checks.find(({ id }) => id === check)?.verdict
}

test('credentials carry the way to the controller and logins, which the controller never gets', async () => {
  const proxy = await startTerminatingProxy({ users: ['node:marble-otter'] })
  onTestFinished(() => proxy.stop())
  writeFileSync(join(directory, 'password.txt'), 'marble-otter\n', { mode: 0o600 })
  writeFileSync(join(directory, 'login.txt'), 'bob:apron-walnut\n', { mode: 0o600 })
  const way = ['--proxy', proxy.url.replace('//', '//node@'), '--proxy-password-file', 'password.txt']
  const options = [...way, '--tls-terminating-proxy', '--registry-login', 'mirror.example.org=login.txt']
  for (const given of [
    ['creds', 'renew', 'demo', '--name', 'one'],
    ['cluster', 'create', 'two'],
  ]) {
    const name = given.at(-1) ?? ''
    const made = await local(...given, ...options)
    expect(made, made.err).toMatchObject({ code: 0 })
    const [pem, passphrase] = [`${name}.pem`, `${name}-passphrase.txt`].map((file) => join(directory, file))
    const carried = (await readCredentials(pem ?? '', passphrase ?? '', linuxHostView())).options
    expect(carried.proxy).toEqual({ url: `${proxy.url.replace('//', '//node:marble-otter@')}/`, inspects: true })
    expect(carried.registryLogins?.['mirror.example.org']?.reveal()).toBe('bob:apron-walnut')
    expect(readFileSync(pem ?? '', 'latin1') + made.out).not.toMatch(/marble-otter|apron-walnut|mirror.example/)
  }
  const found = ['-e', 'marble-otter', '-e', 'apron-walnut']
  const kept = await promisify(execFile)('grep', ['-r', '-a', '-l', ...found, scene.directory]).catch(
    ({ code }) => code,
  )
  expect(kept, 'grep found nothing').toBe(1)

  expect(await precheck('controller', 'one')).toBe('pass')
  const tunnels = () => proxy.log().split('/v1/tunnel').length - 1
  const before = tunnels()
  expect(before).toBeGreaterThan(0)
  expect(await precheck('controller', 'one', '--proxy', 'none')).toBe('pass')
  expect(tunnels(), 'the command line is stronger than the file').toBe(before)
})

test.each<[string[], string]>([
  [['--proxy', 'socks5://proxy:1080'], 'of the form http://[user@]host:port'],
  [['--proxy', 'http://node:hunter2@proxy:3128'], '--proxy-password-file FILE'],
  [['--registry-login', 'mirror=none.txt'], 'none.txt does not exist'],
])('creds renew %j is refused, and nothing is issued', async (options, says) => {
  const refused = await local('creds', 'renew', 'demo', ...options)
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining(says) })
  expect(refused.err).not.toContain('hunter2')
  expect(JSON.parse((await local('creds', 'list', 'demo', '-o', 'json')).out)).toHaveLength(1)
})

test('admin create writes a file with which that person acts, until it is revoked', async () => {
  const created = await local('admin', 'create', 'alice')
  expect(created, created.err).toMatchObject({ code: 0, out: expect.stringContaining('alice-admin.json') })
  const file = join(directory, 'alice-admin.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(file, 'utf8')).url).toBe(scene.controller.url)
  expect((await as(file, 'admin', 'list')).out).toMatch(/^NAME +STATE.*\nlocal +valid.*\nalice +valid /)
  expect((await local('admin', 'revoke', 'alice', '--yes')).code).toBe(0)
  const refused = await as(file, 'cluster', 'list')
  expect(refused).toMatchObject({ code: 7, err: expect.stringContaining('controller admin create NAME') })
  expect(await local('admin', 'revoke', 'local', '--yes')).toMatchObject({
    ...{ code: 7, err: expect.stringContaining('last administrator') },
  })
})

test.each([
  [['admin', 'create', 'Alice'], 'lower-case letters, digits and dashes'],
  [['creds', 'renew', 'demo', '--name', 'Hall 3'], 'lower-case letters, digits and dashes'],
  [['creds', 'renew', 'demo', '--valid', '3651'], 'a number of days from 1 to 3650'],
  [['creds', 'renew', 'demo', '--max-nodes', '100001'], 'a number from 1 to 100000'],
])('%j is refused with what is wanted', async (argv, wanted) => {
  expect(await local(...argv)).toMatchObject({ code: 2, err: expect.stringContaining(wanted) })
})

test('every list with -o json is an array', async () => {
  const lists = ['cluster', 'node', 'creds', 'admin', 'account', 'token', 'session', 'audit']
  const printed = await Promise.all(
    lists.map((kind) => local(kind, 'list', ...(kind === 'creds' ? ['demo'] : []), '-o', 'json')),
  )
  const kinds = printed.map(({ out, err }) => (Array.isArray(JSON.parse(out)) ? 'array' : err))
  expect(kinds).toEqual(lists.map(() => 'array'))
})

test('a change with -o json prints what it changed', async () => {
  const password = join(directory, 'password')
  writeFileSync(password, 'correct horse battery', { mode: 0o600 })
  const account = await local('account', 'create', 'bob', '--role', 'viewer', '--password-file', password, '-o', 'json')
  expect(JSON.parse(account.out)).toMatchObject({ name: 'bob', state: 'enabled' })
  const issued = await local('creds', 'renew', 'demo', '--ttl', '7d', '--credentials', 'made', '-o', 'json')
  expect(JSON.parse(issued.out)).toMatchObject({
    credentials: { name: 'demo-2', state: 'valid' },
    files: { credentials: 'made/demo-2.pem', passphrase: 'made/demo-2-passphrase.txt' },
  })
  const created = await local('admin', 'create', 'alice', '--ttl', '30d', '--to', 'alice.json', '-o', 'json')
  expect(JSON.parse(created.out)).toMatchObject({ administrator: { name: 'alice' }, file: 'alice.json' })
  expect(created.out).not.toContain('PRIVATE KEY')
  const revoked = await local('admin', 'revoke', 'alice', '--yes', '-o', 'yaml')
  expect(revoked.out).toContain('state: revoked')
})

test('--output with a path is the earlier name of --credentials and --to', async () => {
  expect(await local('creds', 'renew', 'demo', '--output', './old')).toMatchObject({
    ...{ code: 0, out: expect.stringContaining('old/demo-2.pem') },
  })
  expect(await local('admin', 'create', 'alice', '--output', 'alice.json')).toMatchObject({ code: 0 })
  expect(await local('creds', 'renew', 'demo', '--output', 'jsno')).toMatchObject({
    ...{ code: 2, err: expect.stringContaining('unknown output format: -o jsno') },
  })
})

test('the names that a shell completes are those of the controller; without one there are none', async () => {
  expect(await local('__complete', 'cluster')).toEqual({ code: 0, out: 'demo\n', err: '' })
  expect(await local('__complete', 'administrator')).toEqual({ code: 0, out: 'local\n', err: '' })
  expect(await as('/nonexistent', '__complete', 'cluster')).toEqual({ code: 0, out: '', err: '' })
})
