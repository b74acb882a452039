import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonPrograms } from '../python.ts'
import { waitFor } from '../wait-for.ts'

export interface TerminatingProxy {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** PEM of the CA of its certificates. */
  ca: string
  /** What it has passed on: a line for each request. */
  log(): string
  stop(): Promise<void>
}

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')

export interface ProxyOptions {
  /** NAME:PASSWORD that it wants. */
  user?: string
  /** URLs that it asks for those of its clients. */
  maps?: Readonly<Record<string, string>>
}

/** mitmproxy, which ends TLS and begins it again. */
export async function startTerminatingProxy({ user, maps = {} }: ProxyOptions = {}): Promise<TerminatingProxy> {
  const program = join(await pythonPrograms('mitmproxy', REQUIREMENTS), 'mitmdump')
  const directory = await mkdtemp(join(tmpdir(), 'cantrip-proxy-'))
  const settings = [
    `confdir=${directory}`,
    'ssl_insecure=true',
    'connection_strategy=lazy',
    ...(user === undefined ? [] : [`proxyauth=${user}`]),
  ]
  const mapped = Object.entries(maps).map(([from, to]) => `map_remote=|${from}|${to}`)
  const argv = ['--listen-host', '127.0.0.1', '--listen-port', '0']
  argv.push(...[...settings, ...mapped].flatMap((each) => ['--set', each]))
  const child = spawn(program, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text))
  const port = await waitFor('mitmproxy', () => /listening at \*?[\d.]*:(\d+)/.exec(log)?.[1], {
    details: () => log,
    withinMs: 60_000,
  })
  return {
    url: `http://127.0.0.1:${port}`,
    ca: await readFile(join(directory, 'mitmproxy-ca-cert.pem'), 'utf8'),
    log: () => log,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}
