import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { VersionInfo } from '../src/base/version.ts'

const run = promisify(execFile)

// The inputs of an executable; a change elsewhere does not make it dirty.
const inputs = ['src', 'build', 'systemd', 'package.json', 'package-lock.json']

/** The version from package.json, and the commit and its date from git; commit `unknown` outside a git checkout. */
export async function describeSources(root: string): Promise<VersionInfo> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const git = async (...args: string[]) => {
    // In containers the checkout often belongs to another user; reading it is safe.
    const { stdout } = await run('git', ['-c', `safe.directory=${root}`, '-C', root, ...args])
    return stdout.trim()
  }
  try {
    const [head, changes] = await Promise.all([
      git('log', '-1', '--abbrev=12', '--format=%h %ct'),
      git('status', '--porcelain', '--', ...inputs),
    ])
    const [commit, seconds] = head.split(' ')
    const date = new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z')
    return { version, commit: `${commit}${changes === '' ? '' : '-dirty'}`, date }
  } catch {
    return { version, commit: 'unknown', date: '' }
  }
}
