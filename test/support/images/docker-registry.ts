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

/** Debian's docker-registry, on a free port of this machine. Nobody signs in. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const program = join(await debianPackage('docker-registry'), 'usr/bin/docker-registry')
  const directory = await mkdtemp(join(tmpdir(), 'cantrip-registry-'))
  const settings = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0' },
  }
  await writeFile(join(directory, 'config.yml'), JSON.stringify(settings))
  const child = spawn(program, ['serve', join(directory, 'config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] })
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
