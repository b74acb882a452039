import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianPackage } from '../testbed/debian-package.ts'
import { waitFor } from '../wait-for.ts'

export interface DockerRegistry {
  /** `127.0.0.1:PORT` */
  host: string
  /** Where it stores its files. */
  directory: string
  stop(): Promise<void>
}

export interface RegistryAccess {
  /** PEM; without it the registry speaks HTTP. */
  tls?: { certificate: string; key: string }
  /** Whether it wants `USER`. Otherwise nobody signs in. */
  signIn?: boolean
  /** Who issues its tokens; without it, it wants none. */
  tokens?: { realm: string; service: string; issuer: string; certificate: string }
  /** Another registry, whose images it has too. */
  imagesOf?: DockerRegistry
  /** The argv that starts it in another network. */
  inside?: (argv: readonly string[]) => readonly string[]
}

/** The only user of a registry that wants one, and the line of htpasswd for it. */
export const USER = 'node:hunter2'
const HTPASSWD = 'node:$2y$04$c6IMUpvXmWmGJ1mrCI7iVelX2wQ.yCrmmWaoTMiToajlNTQg3jtNC\n'

/** Debian's docker-registry, on a free port of this machine. */
export async function startDockerRegistry({
  tls,
  signIn = false,
  tokens,
  imagesOf,
  inside = (argv) => argv,
}: RegistryAccess = {}): Promise<DockerRegistry> {
  const program = join(await debianPackage('docker-registry'), 'usr/bin/docker-registry')
  const directory = await mkdtemp(join(tmpdir(), 'cantrip-registry-'))
  const at = (name: string) => join(directory, name)
  const settings = {
    version: 0.1,
    storage: {
      filesystem: { rootdirectory: join(imagesOf?.directory ?? directory, 'data') },
      delete: { enabled: true },
    },
    http: { addr: '127.0.0.1:0', ...(tls && { tls: { certificate: at('tls.crt'), key: at('tls.key') } }) },
    ...(signIn && { auth: { htpasswd: { realm: 'test', path: at('htpasswd') } } }),
    ...(tokens && { auth: { token: { ...tokens, certificate: undefined, rootcertbundle: at('tokens.crt') } } }),
  }
  if (tls !== undefined) {
    await writeFile(at('tls.crt'), tls.certificate)
    await writeFile(at('tls.key'), tls.key, { mode: 0o600 })
  }
  if (tokens !== undefined) await writeFile(at('tokens.crt'), tokens.certificate)
  if (signIn) await writeFile(at('htpasswd'), HTPASSWD, { mode: 0o600 })
  await writeFile(join(directory, 'config.yml'), JSON.stringify(settings))
  const [command = '', ...args] = inside([program, 'serve', join(directory, 'config.yml')])
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text))
  const host = await waitFor('the registry', () => /listening on (127\.0\.0\.1:\d+)/.exec(log)?.[1], {
    details: () => log,
  })
  return {
    host,
    directory,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}
