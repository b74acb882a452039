import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Server } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompressSync, crc32, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundle } from '../../build/bundle.ts'
import { compressConsole, consoleFilesIn } from '../../build/console-files.ts'
import { describeSources } from '../../build/describe.ts'
import type { Script } from '../../build/targets.ts'

const require = createRequire(import.meta.url)
const run = promisify(execFile)
const version = { version: '1.2.3', commit: 'abc', date: '2026-01-02T03:04:05Z' }
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cantrip-build-'))
  await mkdir(join(root, 'src'))
  await cp(join(import.meta.dirname, '../../src/base/version.ts'), join(root, 'src/base/version.ts'))
  await writeFile(join(root, 'package.json'), '{"version":"1.2.3"}')
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function commit(): Promise<void> {
  const git = (...args: string[]) => run('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args])
  await git('init', '-q')
  await git('add', '.')
  await git('commit', '-q', '-m', 'x', '--date', '2020-01-01T00:00:00Z')
}

test('describes a commit, and detects differences from it', async () => {
  await commit()
  const clean = await describeSources(root)
  expect(clean.version).toBe('1.2.3')
  expect(clean.commit).toMatch(/^[0-9a-f]{12}$/)
  expect(Math.abs(Date.parse(clean.date) - Date.now())).toBeLessThan(60_000)
  await writeFile(join(root, 'notes.txt'), 'not part of any executable')
  expect(await describeSources(root)).toEqual(clean)
  await writeFile(join(root, 'src/new.ts'), '')
  expect(await describeSources(root)).toEqual({ ...clean, commit: `${clean.commit}-dirty` })
})

test('describes sources outside of a git checkout', async () => {
  expect(await describeSources(root)).toEqual({ version: '1.2.3', commit: 'unknown', date: '' })
})

test("a bundle contains its version, and loads late parts and Node's own modules when they are used", async () => {
  await writeFile(
    join(root, 'src/late.ts'),
    'import { crc32 } from "node:zlib"; export const late = crc32("late part")',
  )
  await writeFile(
    join(root, 'src/agent.ts'),
    `import { version } from './base/version.ts'
     import { EventEmitter } from 'node:events'
     import { createServer } from 'http'
     class Emitter extends EventEmitter {}
     Object.assign(globalThis, { bundled: {
       version, emitter: new Emitter(), serve: () => createServer(),
       late: async () => [(await import('./late.ts')).late, (await import('node:path')).sep],
     } })`,
  )
  const text = await bundle(root, 'agent', version)
  expect(text).not.toMatch(/\bimport\(/)

  const loaded: string[] = []
  const spy = (id: string) => {
    loaded.push(id)
    return require(id)
  }
  new Function('require', 'exports', 'module', text)(spy, {}, {})
  const { bundled } = globalThis as unknown as {
    bundled: { version: unknown; serve(): Server; late(): Promise<unknown> }
  }
  expect(bundled.version).toEqual(version)
  expect(loaded).toEqual(['node:events'])
  expect(bundled.serve()).toBeInstanceOf(Server)
  expect(loaded).toEqual(['node:events', 'node:http'])
  expect(await bundled.late()).toEqual([crc32('late part'), '/'])
})

test('bundling rejects code that cannot work in one file', async () => {
  await writeFile(join(root, 'src/agent.ts'), 'console.log(import.meta.url)')
  await expect(bundle(root, 'agent', version)).rejects.toThrow(/import\.meta/)
})

test('code that the service never needs is only in the script of the other commands', async () => {
  const checkout = join(import.meta.dirname, '../..')
  const packagesIn = async (script: Script) => {
    const text = await bundle(checkout, script, version)
    return ['commander', 'kysely', 'pg', 'systeminformation', 'tar', 'undici', 'yaml'].filter((name) =>
      text.includes(`node_modules/${name}/`),
    )
  }
  expect(await packagesIn('agent')).toEqual([])
  expect(await packagesIn('verbs')).toEqual(['commander', 'systeminformation', 'tar', 'undici', 'yaml'])
})

test('each text of the web console has a compressed form, unless it is small', async () => {
  const directory = join(root, 'console')
  const text = 'export const text = 1\n'.repeat(100)
  await mkdir(join(directory, 'assets'), { recursive: true })
  await writeFile(join(directory, 'index.html'), '<!doctype html>')
  await writeFile(join(directory, 'assets/a.js'), text)
  await writeFile(join(directory, 'assets/a.png'), Buffer.alloc(5_000))
  await compressConsole(directory)
  const files = await consoleFilesIn(directory)
  expect(files).toEqual(['assets/a.js', 'assets/a.js.br', 'assets/a.js.gz', 'assets/a.png', 'index.html'])
  expect(gunzipSync(await readFile(join(directory, 'assets/a.js.gz'))).toString()).toBe(text)
  expect(brotliDecompressSync(await readFile(join(directory, 'assets/a.js.br'))).toString()).toBe(text)
  expect(await consoleFilesIn(join(root, 'missing'))).toEqual([])
})
