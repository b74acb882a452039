/** Files that root is asked to read, in a directory whose unprivileged owner swaps them meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCredentialFile } from '../../src/agent/identity/credential-file.ts'
import { trustOf } from '../../src/host/files/trust.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'

const NOBODY = 65_534
const PROGRAM = join(import.meta.dirname, '../support/swap-files.ts')
const OWNERS: Record<string, number> = { "root's\n": 0, "nobody's\n": NOBODY }

describe.skipIf(process.getuid?.() !== 0)('an owner of the directory races against root (needs root)', () => {
  const view = linuxHostView()
  let root: string
  let swapper: ChildProcess
  const file = () => join(root, 'theirs/file')

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'race-'))
    mkdirSync(join(root, 'theirs'))
    const [mine, roots] = ['mine', 'root'].map((name) => join(root, 'theirs', name)) as [string, string]
    writeFileSync(mine, "nobody's\n", { mode: 0o600 })
    writeFileSync(roots, "root's\n", { mode: 0o600 })
    writeFileSync(join(root, 'secret'), 'secret\n', { mode: 0o600 })
    for (const path of [mine, join(root, 'theirs')]) chownSync(path, NOBODY, NOBODY)
    // The attacker reaches its own directory below this one.
    chownSync(root, 0, NOBODY)
    chmodSync(root, 0o750)
    swapper = spawn(process.execPath, [PROGRAM, join(root, 'theirs'), String(NOBODY)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (swapper.stdout) await once(swapper.stdout, 'data')
  })
  afterEach(async () => {
    const ended = once(swapper, 'close')
    expect(swapper.exitCode).toBeNull()
    swapper.kill('SIGKILL')
    await ended
    rmSync(root, { recursive: true })
  })

  test('a file of secrets in its directory is never accepted, whatever is there', async () => {
    const trust = await trustOf(view, {})
    const codes = new Set<string>()
    for (let tries = 0; tries < 500; tries++) {
      const read = readCredentialFile(file(), 'credentials file', view, trust)
      codes.add(await read.catch(({ code }) => code))
    }
    expect([...codes]).toEqual(['credentials/foreign-directory'])
  })

  test('what is read belongs to the owner that was checked, and no link is followed', async () => {
    const seen = new Map<string, number>()
    const isEnough = () => [...Object.keys(OWNERS), 'symlink'].every((kind) => (seen.get(kind) ?? 0) >= 20)
    const deadline = Date.now() + 60_000
    for (let tries = 0; tries < 5_000 || (!isEnough() && Date.now() < deadline); tries++) {
      const found = await view.readFileItself(file(), 100)
      if (found === undefined) continue
      const what = found.text ?? found.stat.kind
      seen.set(what, (seen.get(what) ?? 0) + 1)
      if (found.text !== undefined) expect(found.stat.uid).toBe(OWNERS[found.text])
    }
    expect(isEnough()).toBe(true)
    expect([...seen.keys()].sort()).toEqual(["nobody's\n", "root's\n", 'symlink'])
  })
})
