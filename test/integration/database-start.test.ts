/** Values of `--database`, and the errors of unusable servers. Each printed fix is run, and must work. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AgentError } from '../../src/base/agent-error.ts'
import { exitCodeOf } from '../../src/cli/kit/exit-codes.ts'
import { MIGRATIONS } from '../../src/controller/store/postgres/schema.ts'
import { openPostgresStore } from '../../src/controller/store/postgres/store.ts'
import { PostgresServer, SUPERUSER } from '../support/postgres.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'

const run = promisify(execFile)
const PASSWORD = 'it is: "a\\secret"'

let scratch: string
let server: PostgresServer
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'database-'))
  const [certificate, key] = await serverCertificate()
  server = await PostgresServer.start({
    hba: [
      'local all all trust',
      'hostssl all tls 127.0.0.1/32 trust',
      'hostnossl all plain 127.0.0.1/32 trust',
      'host all alice 127.0.0.1/32 scram-sha-256',
    ],
    settings: ['ssl = on'],
    files: { 'server.crt': certificate, 'server.key': key },
  })
  const roles = ['tls', 'plain', 'bob'].map((role) => `CREATE ROLE ${role} LOGIN;`).join('')
  await server.query('postgres', `${roles} CREATE ROLE alice LOGIN PASSWORD '${PASSWORD}'`)
})
afterAll(async () => {
  await server?.remove()
  rmSync(scratch, { recursive: true })
})

/** A server certificate for 127.0.0.1 and db.example, issued by the CA in ca.pem. */
async function serverCertificate(): Promise<[string, string]> {
  const [certificate, key] = [join(scratch, 'ca.pem'), join(scratch, 'key.pem')]
  const names = 'subjectAltName=IP:127.0.0.1,DNS:db.example'
  const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=db']
  await run('openssl', [...argv, '-addext', names, '-keyout', key, '-out', certificate])
  await run('openssl', [...argv, '-keyout', join(scratch, 'other.key'), '-out', join(scratch, 'other.pem')])
  await run('openssl', [
    ...argv,
    '-addext',
    'subjectAltName=DNS:elsewhere',
    '-keyout',
    join(scratch, 'x.key'),
    '-out',
    join(scratch, 'x.pem'),
  ])
  return [readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8')]
}

const open = (url: string, env: NodeJS.ProcessEnv = {}) => openPostgresStore({ url, env })
const opens = async (url: string, env: NodeJS.ProcessEnv = {}) => (await open(url, env)).close()
const tcp = (user: string, database: string, rest = '') =>
  `postgres://${user}@127.0.0.1:${server.port}/${database}${rest}`

/** The error of opening the database. It must have a fix and no password. */
async function refusal(url: string, env: NodeJS.ProcessEnv = {}): Promise<AgentError> {
  const error = await opens(url, env).catch((thrown: unknown) => thrown)
  if (!(error instanceof AgentError)) throw new Error(`it was not refused, but: ${error}`)
  expect(error.fix).not.toBe('')
  expect(`${error.message} ${error.fix}`).not.toMatch(/secret/)
  return error
}

/** Runs the command of a fix as the administrator of the server. */
async function carryOut({ fix }: AgentError): Promise<void> {
  const [, line = fix] = /^on the machine of the database: sudo -u postgres (.*)$/.exec(fix) ?? []
  const env = {
    PATH: process.env.PATH,
    PGHOST: server.directory,
    PGPORT: String(server.port),
    PGUSER: SUPERUSER,
    PGDATABASE: 'postgres',
  }
  await run('bash', ['-c', line], { env })
}

function passwordFile(lines: readonly string[], mode = 0o600): NodeJS.ProcessEnv {
  const path = join(mkdtempSync(join(scratch, 'p-')), 'pgpass')
  writeFileSync(path, `${lines.join('\n')}\n`, { mode })
  return { PGPASSFILE: path }
}

test.each([
  'mysql://u@h/d',
  'u@h:5432/d',
  'postgres://u@one:5432,two:5432/d',
  'postgres://u@h:5432',
  'postgres://u@h:99999/d',
  'postgres://u@h:0/d',
  'postgres://u@h/%zz',
  'postgres://u@h/d?passfile=/secret',
  'postgres://u@h/d?sslmode=perhaps',
  'postgres://u@h/d?sslmode=verify-full',
  'postgres://u@h/d?sslcert=/c',
  'postgres://u@h/d?sslrootcert=/nonexistent/ca.pem',
])('%s is no URL of a database', async (url) => {
  const error = await refusal(url)
  expect([error.code, exitCodeOf(error)]).toEqual(['store/bad-address', 2])
})

test.each([
  ['postgres://u:secret@h/d', {}],
  ['postgres://u@h/d?password=secret', {}],
  ['postgres://u@h/d', { PGPASSWORD: 'secret' }],
])('%s: a password where others can read it is refused', async (url, env) => {
  const error = await refusal(url, env)
  expect([error.code, exitCodeOf(error)]).toEqual(['store/exposed-password', 2])
})

test('a server that is down is reported, with a command to check it', async () => {
  const other = await PostgresServer.start()
  await other.createDatabase('d')
  await other.stop()
  for (const url of [
    other.url('d'),
    `postgres://${SUPERUSER}@127.0.0.1:${other.port}/d`,
    'postgres://u@nowhere.invalid/d',
  ]) {
    const error = await refusal(url)
    expect([error.code, exitCodeOf(error)]).toEqual(['store/unreachable', 6])
    expect(error.message).toMatch(/^PostgreSQL, database d at .*, does not answer: /)
    await expect(carryOut(error)).rejects.toThrow(/pg_isready/)
  }
  const error = await refusal(other.url('d'))
  await other.boot()
  await carryOut(error)
  await opens(other.url('d'))
  await other.remove()
})

test('the password is read from PGPASSFILE or a systemd credential, and a wrong password is reported', async () => {
  await server.createDatabase('passwords', 'OWNER alice')
  const url = tcp('alice', 'passwords')
  const none = await refusal(url, { PGPASSFILE: '/nonexistent' })
  expect([none.code, exitCodeOf(none)]).toEqual(['store/no-password', 2])
  const wrong = await refusal(url, passwordFile(['*:*:*:alice:secret']))
  expect([wrong.code, exitCodeOf(wrong)]).toEqual(['store/wrong-password', 2])

  const escaped = PASSWORD.replace(/[\\:]/g, '\\$&')
  const lines = [
    '# 127.0.0.1:*:*:*:secret',
    'other:*:*:*:secret',
    '127.0.0.1:1:*:*:secret',
    `127.0.0.1:*:passwords:alice:${escaped}`,
  ]
  await opens(url, passwordFile(lines))
  await expect(open(url, passwordFile(lines.slice(0, 3)))).rejects.toMatchObject({ code: 'store/no-password' })
  const exposed = passwordFile(lines, 0o640)
  chmodSync(exposed.PGPASSFILE ?? '', 0o640)
  const readable = await refusal(url, exposed)
  expect([readable.code, exitCodeOf(readable)]).toEqual(['store/exposed-password', 2])
  await carryOut(readable)
  await opens(url, exposed)

  const directory = join(scratch, 'credentials')
  mkdirSync(directory)
  writeFileSync(join(directory, 'database-password'), `${PASSWORD}\n`)
  await opens(url, { CREDENTIALS_DIRECTORY: directory })
})

test('an unknown user, and a user that pg_hba.conf does not admit', async () => {
  await server.createDatabase('users')
  const unknown = await refusal(server.url('users', 'carol'))
  expect([unknown.code, exitCodeOf(unknown)]).toEqual(['store/access-denied', 2])
  await carryOut(unknown)
  expect((await refusal(server.url('users', 'carol'))).code).toBe('store/no-privilege')
  const elsewhere = await refusal(tcp('bob', 'users'))
  expect(elsewhere.message).toMatch(
    /does not admit the user bob: no pg_hba.conf entry for host "127.0.0.1", user "bob"/,
  )
  expect(elsewhere.fix).toContain('pg_hba.conf')
})

test('a missing database with quotes in its name', async () => {
  const url = server.url(encodeURIComponent(`it's "mine"`), 'bob')
  const error = await refusal(url)
  expect([error.code, exitCodeOf(error)]).toEqual(['store/no-database', 2])
  await carryOut(error)
  await opens(url)
})

test.each([
  ['public', 'SELECT 1'],
  ['connect', 'REVOKE CONNECT ON DATABASE privileges_connect FROM PUBLIC'],
])('a user without a privilege: %s', async (name, revoke) => {
  await server.createDatabase(`privileges_${name}`)
  await server.query('postgres', revoke)
  const url = server.url(`privileges_${name}`, 'bob')
  const error = await refusal(url)
  expect([error.code, exitCodeOf(error)]).toEqual(['store/no-privilege', 2])
  await carryOut(error)
  await opens(url)
})

test('tables of another user', async () => {
  await opens(await server.createDatabase('tables'))
  const error = await refusal(server.url('tables', 'bob'))
  expect(error).toMatchObject({
    code: 'store/no-privilege',
    message: expect.stringContaining('permission denied for table'),
  })
  await carryOut(error)
  await opens(server.url('tables', 'bob'))
})

test('an unusable database', async () => {
  const encoding = await server.createDatabase(
    'latin',
    "ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0",
  )
  expect(await refusal(encoding)).toMatchObject({
    code: 'store/unfit-server',
    message: expect.stringContaining('LATIN1'),
  })
  const readOnly = await server.createDatabase('readonly')
  await server.query('postgres', 'ALTER DATABASE readonly SET default_transaction_read_only = on')
  expect(await refusal(readOnly)).toMatchObject({ code: 'store/read-only', kind: 'unreachable' })
  const newer = await server.createDatabase('newer')
  await opens(newer)
  await server.query('newer', 'UPDATE schema_version SET version = 99, oldest = 99')
  expect(await refusal(newer)).toMatchObject({
    code: 'store/newer-schema',
    message: expect.stringMatching(new RegExp(`schema 99.*supports schema ${MIGRATIONS.length}$`)),
  })
})

test('sslmode works as in libpq', async () => {
  await server.createDatabase('tls', 'OWNER tls')
  await server.query('postgres', 'GRANT tls TO plain')
  const ca = (file: string) => `sslrootcert=${encodeURIComponent(join(scratch, file))}`
  const isEncrypted = async (user: string, parameters: string) => {
    const store = await open(tcp(user, 'tls', `?${parameters}`))
    await store.clusters()
    const rows = await server.query(
      'postgres',
      "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = 'tls'",
    )
    await store.close()
    return rows.map(({ ssl }) => ssl)
  }
  const encrypted = ['', 'sslmode=prefer', 'sslmode=allow', 'sslmode=require', `sslmode=require&${ca('ca.pem')}`]
  for (const parameters of [...encrypted, `sslmode=verify-ca&${ca('ca.pem')}`, `sslmode=verify-full&${ca('ca.pem')}`]) {
    expect(await isEncrypted('tls', parameters), parameters).toEqual([true])
  }
  const refused = async (user: string, parameters: string) => (await refusal(tcp(user, 'tls', `?${parameters}`))).code
  expect(await refused('tls', 'sslmode=disable')).toBe('store/access-denied')
  expect(await refused('plain', 'sslmode=require')).toBe('store/access-denied')
  for (const mode of ['require', 'verify-ca', 'verify-full']) {
    expect(await refused('tls', `sslmode=${mode}&${ca('other.pem')}`)).toBe('store/tls')
  }
  expect(await refused('tls', 'sslmode=verify-full&sslrootcert=system')).toBe('store/tls')

  const certificate = readFileSync(join(scratch, 'x.pem'), 'utf8')
  await server.reconfigure({ 'server.crt': certificate, 'server.key': readFileSync(join(scratch, 'x.key'), 'utf8') })
  expect(await isEncrypted('tls', `sslmode=verify-ca&${ca('x.pem')}`)).toEqual([true])
  expect(await refused('tls', `sslmode=verify-full&${ca('x.pem')}`), 'the certificate is for elsewhere').toBe(
    'store/tls',
  )

  await server.query('postgres', 'ALTER SYSTEM SET ssl = off')
  await server.reconfigure({})
  expect(await refused('plain', 'sslmode=require')).toBe('store/tls')
})

test('the CLI prints the error and exits with its code', async () => {
  const serve = async (url: string) => {
    const argv = [CONTROLLER, 'serve', '--data', join(scratch, 'data'), '--listen', '127.0.0.1:0', '--database', url]
    const env = programEnvironment({ PGPASSFILE: '/nonexistent' })
    const ended = await run(process.execPath, argv, { env, timeout: 30_000 }).catch((error: unknown) => error)
    const { code, stderr } = ended as { code: number; stderr: string }
    expect(stderr).not.toMatch(/\n\s+at |report it|secret/)
    expect(stderr).toMatch(/\n\s+fix: \S/)
    const [, fix = ''] = /\n\s+fix: (.+)/.exec(stderr) ?? []
    return { error: [code, /\((store\/[a-z-]+)\)/.exec(stderr)?.[1]], fix }
  }
  expect((await serve('postgres://u:secret@h/d')).error).toEqual([2, 'store/exposed-password'])
  expect((await serve('postgres://u@127.0.0.1:1/d')).error).toEqual([6, 'store/unreachable'])
  expect((await serve(tcp('alice', 'postgres'))).error).toEqual([2, 'store/no-password'])
  writeFileSync(join(scratch, 'data/controller.db'), '')
  const refused = await serve(tcp('alice', 'postgres'))
  expect(refused.error, 'its nodes would be unknown').toEqual([2, 'store/two-databases'])
  expect(refused.fix).toMatch(/^controller database migrate --data /)
})
