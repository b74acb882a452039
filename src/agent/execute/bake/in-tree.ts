import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path/posix'
import { AgentError } from '../../../base/agent-error.ts'
import { readPublicKey } from '../../../bundle/keys.ts'
import { bundleKind } from '../../../bundle/verify/verify.ts'
import { PROGRAM_DIRECTORIES } from '../../../host/files/find-command.ts'
import type { HostView } from '../../../host/host.ts'
import type { Machine } from '../../../host/machine.ts'

/** What a tree gets from this machine, in a directory that is gone at the end. */
const GIVEN = '/run/cantrip-bake'
/** Mounted for the command. */
const MOUNT_POINTS = ['dev', 'proc', 'run']

/** What an option names outside of the tree. */
export interface Given {
  bundle?: string
  key?: string
}

/** Throws `bake/no-system` unless the directory is the root of an operating system. */
export async function requireTree(view: HostView, root: string): Promise<void> {
  const needed = ['etc', 'usr/bin', 'var/lib', ...MOUNT_POINTS]
  const stats = await Promise.all(needed.map((name) => view.stat(join(root, name))))
  const missing = needed.filter((_, index) => stats[index]?.kind !== 'directory')
  if (root !== '/' && missing.length === 0) return
  const found = root === '/' ? 'this machine' : `no ${missing.join(', ')} in ${root}`
  throw new AgentError('bake/no-system', `found ${found}; wanted the root directory of another operating system`, {
    fix: 'pass a directory with an operating system, such as one that debootstrap made; for this machine leave --root out',
    kind: 'invalid',
  })
}

/**
 * What the options name on this machine, without links, which would mean something else in the tree. Throws if it is not there, before
 * anything is mounted.
 */
export async function outside({ bundle, key }: Required<Given>): Promise<Required<Given>> {
  await readPublicKey(key)
  await bundleKind(bundle)
  return { bundle: await realpath(bundle), key: await realpath(key) }
}

/**
 * Starts this executable again in namespaces of its own: what it mounts is seen nowhere else, it has no network, and all of its
 * processes end with it. @returns its exit code
 */
export function enterNamespaces(root: string, argv: readonly string[]): Promise<number> {
  const namespaces = ['--mount', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child']
  const unshare = ['unshare', ...namespaces, `--mount-proc=${join(root, 'proc')}`, '--', process.execPath, ...argv]
  return run(unshare, endForked)
}

/** In these namespaces: starts it with the tree as its root. `argvFor` gets what the options name, as paths in the tree. */
export async function enterTree(
  machine: Machine,
  root: string,
  given: Given,
  argvFor: (inTree: Given) => readonly string[],
): Promise<number> {
  const mount = (...argv: string[]) => machine.execute(['mount', ...argv])
  await mount('--rbind', '/dev', join(root, 'dev'))
  await mount('-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', join(root, 'run'))
  const directory = join(root, GIVEN)
  await machine.createDirectory(directory, 0o700)
  for (const [name, path] of Object.entries({ agent: process.execPath, ...given })) {
    const target = join(directory, name)
    if ((await machine.stat(path))?.kind === 'directory') await machine.createDirectory(target, 0o700)
    else await machine.writeFile(target, '', 0o600)
    await mount('--bind', '-o', 'ro', path, target)
  }
  const inTree = Object.fromEntries(Object.keys(given).map((name) => [name, `${GIVEN}/${name}`]))
  return run(['chroot', root, `${GIVEN}/agent`, ...argvFor(inTree)])
}

/** With the terminal of this process. A signal from the keyboard reaches it by itself. */
async function run(
  [file = '', ...argv]: readonly string[],
  end: (child: ChildProcess) => void = (child) => child.kill('SIGTERM'),
): Promise<number> {
  const path = [process.env.PATH, ...PROGRAM_DIRECTORIES].filter(Boolean).join(':')
  const child = spawn(file, argv, { stdio: 'inherit', env: { ...process.env, PATH: path } })
  const forward = () => end(child)
  process.on('SIGINT', ignore).on('SIGTERM', forward).on('SIGHUP', forward)
  try {
    const [code, signal] = await once(child, 'exit').catch((cause: unknown) => {
      throw new AgentError('bake/cannot-enter', `cannot start ${file}`, {
        fix: 'install the packages util-linux and coreutils',
        cause,
      })
    })
    return signal === null ? code : 128 + constants.signals[signal as NodeJS.Signals]
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', forward).off('SIGHUP', forward)
  }
}

/** unshare itself ignores SIGTERM while it waits for what it has started. Its end is the end of that, too (--kill-child). */
function endForked(unshare: ChildProcess): void {
  const started = orNothing(() => readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, 'utf8')) ?? ''
  const pids = started.split(' ').filter((pid) => pid !== '')
  const sent = pids.map((pid) => orNothing(() => process.kill(Number(pid), 'SIGTERM')))
  if (!sent.includes(true)) unshare.kill('SIGKILL')
}

function orNothing<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function ignore(): void {
  // The child decides when to end.
}
