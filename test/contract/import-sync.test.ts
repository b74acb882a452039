import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { importBundle } from '../../src/bundle/import.ts'
import { tinyBundle } from '../support/tiny-bundle.ts'

/** What was synced and renamed, in order; a file by its inode. */
const done = vi.hoisted((): (number | 'rename')[] => [])

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>()
  const recorded = (sync: (file: number) => void) => (file: number) => {
    done.push(real.fstatSync(file).ino)
    sync(file)
  }
  return { ...real, fsyncSync: recorded(real.fsyncSync), fdatasyncSync: recorded(real.fdatasyncSync) }
})
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>()
  const rename: typeof real.rename = async (from, to) => {
    await real.rename(from, to)
    done.push('rename')
  }
  return { ...real, rename }
})

let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-import-'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

test('everything is on the disk before the bundle appears, and so is its name afterwards', async () => {
  const bundle = await tinyBundle(join(scratch, 'bundle'))
  const { directory } = await importBundle(bundle.directory, join(scratch, 'data'), bundle.publicKey, new Date())
  const appeared = done.lastIndexOf('rename')
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  expect(names).toEqual(expect.arrayContaining(['manifest.json', 'manifest.json.sig', 'bin']))
  for (const path of [directory, `${directory}.pub`, ...names.map((name) => join(directory, name))]) {
    expect(done.slice(0, appeared), path).toContain(statSync(path).ino)
  }
  expect(done.slice(appeared)).toContain(statSync(join(directory, '..')).ino)
})
