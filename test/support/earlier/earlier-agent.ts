import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../run/command.ts'
import { cacheDirectory } from '../testbed/bed.ts'

/** The last build whose agents do not send capabilities. Later controllers must support it. */
export const EARLIER_BUILD = 'f2add13'

const root = join(import.meta.dirname, '../../..')

/** Returns the path of the earlier build's agent executable. It is built from the history of this repository and cached. */
export async function earlierAgent(): Promise<string> {
  const kept = join(cacheDirectory(), `agent-${EARLIER_BUILD}-linux-x64`)
  if (existsSync(kept)) return kept
  await mkdir(cacheDirectory(), { recursive: true })
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-earlier-'))
  try {
    await unpack(EARLIER_BUILD, scratch)
    await must(['scripts/build', '--agent-only', '--target', 'agent-linux-x64'], scratch)
    const copy = `${kept}.${process.pid}`
    await must(['cp', join(scratch, 'dist/agent-linux-x64'), copy], scratch)
    await rename(copy, kept)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return kept
}

/** Unpacks the sources of a commit, with the packages of this checkout. They are cached, because a shallow clone has no history. */
export async function unpack(commit: string, directory: string): Promise<void> {
  const archive = join(cacheDirectory(), `sources-${commit}.tar`)
  if (!existsSync(archive)) {
    await mkdir(cacheDirectory(), { recursive: true })
    const copy = `${archive}.${process.pid}`
    await must(['git', 'archive', '--format=tar', '--output', copy, commit], root)
    await rename(copy, archive)
  }
  await must(['tar', '-xf', archive, '-C', directory], root)
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
}

async function must(argv: readonly [string, ...string[]], cwd: string): Promise<void> {
  const { ok, output } = await runCommand(argv, { cwd })
  if (ok) return
  const hint = argv[0] === 'git' ? '\nthis needs the history of the repository: git fetch --unshallow' : ''
  throw new Error(`${argv.join(' ')} failed:\n${output}${hint}`)
}
