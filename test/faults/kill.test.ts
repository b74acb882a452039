import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seededRandom } from '../support/random.ts'
import { listTree } from './list-tree.ts'

const fixture = join(import.meta.dirname, 'kill-fixture.ts')

/** Returns the last line of output, or undefined if the process was killed. It is killed `afterMs` after its work began. */
async function execute(verb: string, directory: string, afterMs?: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [fixture, verb, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  let begun = () => {}
  const hasBegun = new Promise<void>((done) => {
    begun = done
  })
  child.stdout.on('data', (chunk) => {
    text += chunk
    begun()
  })
  const closed = new Promise<NodeJS.Signals | null>((done) => child.once('close', (_code, signal) => done(signal)))
  if (afterMs !== undefined) {
    await hasBegun
    await setTimeout(afterMs)
    child.kill('SIGKILL')
  }
  return (await closed) === 'SIGKILL' ? undefined : text.trim().split('\n').at(-1)
}

test('20 processes killed at random moments on a real disk, during runs and undo', {
  timeout: 180_000,
}, async () => {
  const random = seededRandom(11)
  const directory = mkdtempSync(join(tmpdir(), 'cantrip-kill-'))
  const host = join(directory, 'host')
  mkdirSync(host)
  writeFileSync(join(host, 'source'), 'to be installed')
  for (const id of ['a', 'b']) {
    for (let i = 0; i < 8; i++) writeFileSync(join(host, `old-${id}-${i}`), `before ${i}`)
    symlinkSync('somewhere', join(host, `link-${id}-3`))
  }
  const before = listTree(host)

  let killed = 0
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 2; i++) {
      if ((await execute('run', directory, random() * 60)) === undefined) killed += 1
    }
    expect(await execute('run', directory)).toMatch(/^done /)
    for (let i = 0; i < 2; i++) {
      if ((await execute('undo', directory, random() * 15)) === undefined) killed += 1
    }
    expect(await execute('undo', directory)).toMatch(/^done /)
    expect(listTree(host)).toEqual(before)
  }
  expect(killed).toBeGreaterThan(4)
  rmSync(directory, { recursive: true })
})
