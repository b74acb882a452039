import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const CONTROLLER = join(import.meta.dirname, '../../src/controller.ts')
/** Says of each module that is loaded where it is. */
const TELL = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(name, context, next) {
      const found = next(name, context)
      process.stderr.write('loads ' + found.url + '\\n')
      return found
    },
  })`)}`

/** Which of the packages and modules of backends a controller has loaded when it listens, or has given up. */
async function loadedBy(...argv: string[]): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lazy-'))
  const serve = ['--import', TELL, CONTROLLER, 'serve', '--listen', '127.0.0.1:0', '--data', directory, ...argv]
  const child = spawn(process.execPath, serve, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => rmSync(directory, { recursive: true }))
  let text = ''
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  child.stdout.once('data', () => child.kill())
  await once(child, 'close')
  expect(text).toMatch(/^loads .*controller\/start\.ts$/m)
  return ['node:sqlite', 'node_modules/pg/', 'node_modules/kysely/'].filter((part) => text.includes(part))
}

test('a controller loads what its own backend is made of, and nothing of the other one', async () => {
  expect(await loadedBy()).toEqual(['node:sqlite'])
  expect(await loadedBy('--database', 'postgres://u@127.0.0.1:1/d')).toEqual([
    'node_modules/pg/',
    'node_modules/kysely/',
  ])
})
