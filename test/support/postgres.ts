import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { makeData } from './postgres-data.ts'
import { waitFor } from './wait-for.ts'

const run = promisify(execFile)
/** The user of the server if the tests run as root, which PostgreSQL refuses. */
const NOBODY = 65_534
export const SUPERUSER = 'postgres'

export interface ServerOptions {
  /** Lines of pg_hba.conf after the one that admits the superuser on the socket. */
  hba?: readonly string[]
  /** Lines of postgresql.conf. */
  settings?: readonly string[]
  /** Files of the data directory by name, readable by the server only. */
  files?: Readonly<Record<string, string>>
}

/**
 * A server of its own in a directory that is removed with it, on a socket and a port of this machine. It ends by its own id, and
 * also with the process that started it.
 */
export class PostgresServer {
  readonly directory: string
  readonly port: number
  readonly #bin: string
  #process: ChildProcess | undefined

  private constructor(directory: string, port: number, bin: string) {
    this.directory = directory
    this.port = port
    this.#bin = bin
  }

  static async start({
    hba = ['local all all trust'],
    settings = [],
    files = {},
  }: ServerOptions = {}): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'pg-'))
    own(directory)
    const server = new PostgresServer(directory, await freePort(), programs())
    const data = join(directory, 'data')
    // Not synced: only what comes later must last. Sorted by language, so that a test sees where it should not be.
    const locale = ['--locale=C.UTF-8', '--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en']
    const argv = ['--no-sync', `--username=${SUPERUSER}`, ...locale, '--auth=trust']
    await makeData(data, [server.#bin, ...argv], () => run(...server.#command('initdb', ...argv, data)))
    const lines = [
      "listen_addresses = '127.0.0.1'",
      `port = ${server.port}`,
      `unix_socket_directories = '${directory}'`,
      'shared_buffers = 16MB',
      'max_connections = 40',
      ...settings,
    ]
    appendFileSync(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`)
    writeFileSync(join(data, 'pg_hba.conf'), [`local all ${SUPERUSER} trust`, ...hba, ''].join('\n'))
    server.#write(files)
    await server.boot()
    return server
  }

  /** Also after `kill`. */
  async boot(): Promise<void> {
    await waitFor('the PostgreSQL server', () => this.#tryBoot(), { everyMs: 20, withinMs: 60_000 })
  }

  /** Kills the server like a power cut. Its child processes notice and exit. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGINT')
  }

  async remove(): Promise<void> {
    // Without a checkpoint, because the data is not used again.
    await this.#end('SIGQUIT')
    rmSync(this.directory, { recursive: true })
  }

  /** Reloads the configuration for new connections. */
  async reconfigure(files: Readonly<Record<string, string>>): Promise<void> {
    this.#write(files)
    const loaded = async () => (await this.query('postgres', 'SELECT pg_conf_load_time()::text AS at'))[0]?.at
    const before = await loaded()
    this.#process?.kill('SIGHUP')
    await waitFor('the server to have read its settings', async () => (await loaded()) !== before)
  }

  #write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.directory, 'data', name)
      writeFileSync(path, text, { mode: 0o600 })
      own(path)
    }
  }

  /** The URL of a connection over the socket. */
  url(database: string, user = SUPERUSER): string {
    return `postgres://${user}@/${database}?host=${this.directory}&port=${this.port}`
  }

  async createDatabase(name: string, options = ''): Promise<string> {
    await this.query('postgres', `CREATE DATABASE ${name} ${options}`)
    return this.url(name)
  }

  /** Runs one or more statements as the superuser. */
  async query(database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = await this.#client(database)
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }

  async #client(database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: this.directory, port: this.port, user: SUPERUSER, database })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** Returns false if the server does not start, because shared memory of the previous one may still exist. */
  async #tryBoot(): Promise<boolean> {
    const [file, argv] = this.#command('postgres', '-D', join(this.directory, 'data'))
    const log = join(this.directory, 'log')
    const server = spawn(file, argv, { stdio: ['ignore', 'ignore', 'pipe'] })
    server.stderr.on('data', (text) => {
      // Its child processes may write after the directory was removed.
      if (existsSync(this.directory)) appendFileSync(log, text)
    })
    this.#process = server
    while (server.exitCode === null && server.signalCode === null) {
      const isUp = await this.query('postgres', 'SELECT 1').then(
        () => true,
        () => false,
      )
      if (isUp) return true
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return false
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process
    this.#process = undefined
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }

  #command(program: string, ...argv: string[]): [string, string[]] {
    const user = process.getuid?.() === 0 ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []
    // The kernel kills it when the test process ends.
    return ['setpriv', [...user, '--pdeathsig', 'QUIT', '--', join(this.#bin, program), ...argv]]
  }
}

/** Debian has a directory of programs per version. */
function programs(): string {
  const found = globSync('/usr/lib/postgresql/*/bin').filter((path) => existsSync(join(path, 'initdb')))
  const [newest] = found.sort((a, b) => versionOf(b) - versionOf(a))
  if (newest === undefined) throw new Error('PostgreSQL is not installed: run scripts/setup')
  return newest
}

const versionOf = (path: string) => Number(path.split('/').at(-2))

function own(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
