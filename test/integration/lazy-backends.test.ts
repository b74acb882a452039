import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const CONTROLLER = join(import.meta.dirname, '../../src/controller.ts')
/** A module hook that prints the path of each loaded module. */
const PRINT_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(name, context, next) {
      const found = next(name, context)
      process.stderr.write('loads ' + found.url + '\\n')
      return found
    },
  })`)}`

/** The packages and modules of backends that a controller has loaded when it listens, or when it has failed. */
async function loadedBy(...argv: string[]): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lazy-'))
  const serve = [
    '--import',
    PRINT_MODULES,
    CONTROLLER,
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--data',
    directory,
    ...argv,
  ]
  const child = spawn(process.execPath, serve, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => rmSync(directory, { recursive: true }))
  let text = ''
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  child.stdout.once('data', () => child.kill())
  await once(child, 'close')
  expect(text).toMatch(/^loads .*controller\/start\.ts$/m)
  return ['node:sqlite', 'node_modules/pg/', 'node_modules/kysely/', 'node_modules/openid-client/'].filter((part) =>
    text.includes(part),
  )
}

test('a controller loads only the code of its own backend', async () => {
  expect(await loadedBy()).toEqual(['node:sqlite'])
  // The provider is asked nothing before somebody signs in.
  const oidc = ['--oidc-issuer-url', 'https://id.example', '--oidc-client-id', 'c', '--oidc-grant', 'g=viewer']
  expect(await loadedBy(...oidc)).toEqual(['node:sqlite'])
  expect(await loadedBy('--database', 'postgres://u@127.0.0.1:1/d')).toEqual([
    'node_modules/pg/',
    'node_modules/kysely/',
  ])
})
