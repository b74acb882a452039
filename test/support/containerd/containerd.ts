import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Output } from '../../../src/host/host.ts'
import { cacheDirectory } from '../testbed/bed.ts'
import { waitFor } from '../wait-for.ts'

/** The executable of a built bundle, or undefined if this machine has not built one. */
export const CONTAINERD_EXECUTABLE: string | undefined = globSync(
  join(cacheDirectory(), 'containerd-v*/containerd'),
).sort()[0]

/** A containerd in a directory of its own. */
export interface Containerd {
  /** Its mirrors are in `certs.d`. */
  directory: string
  socket: string
  /** Runs ctr with these arguments, of which `--address` is replaced. */
  ctr(...argv: string[]): Output
  stop(): Promise<void>
}

export async function startContainerd(executable: string, env: NodeJS.ProcessEnv = {}): Promise<Containerd> {
  const directory = await mkdtemp(join(tmpdir(), 'cantrip-containerd-'))
  const socket = join(directory, 'containerd.sock')
  await writeFile(join(directory, 'config.toml'), configuration(directory, socket))
  const child = spawn(executable, ['--config', join(directory, 'config.toml')], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  })
  const ctr = (...argv: string[]): Output => {
    const given = argv.slice(argv[0] === '--address' ? 2 : 0)
    const { status, stdout, stderr } = spawnSync(join(dirname(executable), 'ctr'), ['--address', socket, ...given], {
      encoding: 'utf8',
    })
    return { exitCode: status ?? 1, stdout, stderr }
  }
  await waitFor('containerd', () => (ctr('version').exitCode === 0 ? true : undefined))
  return { directory, socket, ctr, stop: () => stop(child, directory) }
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  await rm(directory, { recursive: true, force: true })
}

function configuration(directory: string, socket: string): string {
  return `version = 3
root = '${directory}/root'
state = '${directory}/state'
[grpc]
  address = '${socket}'
[plugins.'io.containerd.internal.v1.opt']
  path = '${directory}/opt'
[plugins.'io.containerd.nri.v1.nri']
  disable = true
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '${directory}/certs.d'
`
}
