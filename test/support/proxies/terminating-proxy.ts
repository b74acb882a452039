import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pythonPrograms } from '../python.ts'
import { waitFor } from '../wait-for.ts'

export interface TerminatingProxy {
  /** `http://ADDRESS:PORT` */
  url: string
  /** PEM of the CA of its certificates. */
  ca: string
  /** What it has passed on: a line for each request. */
  log(): string
  stop(): Promise<void>
}

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')

export interface ProxyOptions {
  /** Each NAME:PASSWORD; without them it wants none. */
  users?: readonly string[]
  /** URLs that it asks for those of its clients. */
  maps?: Readonly<Record<string, string>>
  /** ADDRESS:PORT. Default: a free port of 127.0.0.1. */
  listen?: string
  /** The argv that starts it in another network. */
  inside?: (argv: readonly string[]) => readonly string[]
}

/** mitmproxy, which ends TLS and begins it again. */
export async function startTerminatingProxy({
  users = [],
  maps = {},
  listen = '127.0.0.1:0',
  inside = (argv) => argv,
}: ProxyOptions = {}): Promise<TerminatingProxy> {
  const program = join(await pythonPrograms('mitmproxy', REQUIREMENTS), 'mitmdump')
  const directory = await mkdtemp(join(tmpdir(), 'cantrip-proxy-'))
  const htpasswd = join(directory, 'htpasswd')
  const [host, port] = listen.split(':')
  // In a file: the arguments of a process can be read by all.
  const settings = {
    ...{ listen_host: host, listen_port: Number(port) },
    ...{ ssl_insecure: true, connection_strategy: 'lazy' },
    ...(users.length > 0 && { proxyauth: `@${htpasswd}` }),
    map_remote: Object.entries(maps).map(([from, to]) => `|${from}|${to}`),
  }
  await writeFile(join(directory, 'config.yaml'), JSON.stringify(settings))
  await writeFile(htpasswd, users.map(htpasswdLine).join(''), { mode: 0o600 })
  const [command = '', ...args] = inside([program, '--set', `confdir=${directory}`])
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text))
  const found = await waitFor('mitmproxy', () => /listening at \*?[\d.]*:(\d+)/.exec(log)?.[1], {
    details: () => log,
    withinMs: 60_000,
  })
  return {
    url: `http://${host}:${found}`,
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

function htpasswdLine(login: string): string {
  const at = login.indexOf(':')
  const hash = createHash('sha1')
    .update(login.slice(at + 1))
    .digest('base64')
  return `${login.slice(0, at)}:{SHA}${hash}\n`
}
