import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ControllerProcess, runController, serveController } from '../support/controller/process.ts'

let directory: string
let served: ControllerProcess | undefined
const at = (name: string) => join(directory, name)
const read = (name: string) => readFileSync(at(`data/pki/${name}`), 'utf8')
const all = () => readdirSync(at('data/pki')).map((name) => [name, read(name)])
const keyFile = () => at('key-file')

async function serve(...argv: string[]): Promise<string> {
  served = await serveController(at('data'), argv)
  const ping = await runController(['cluster', 'list', '--admin', served.adminFile])
  await served.end('SIGTERM')
  return `${ping.code}`
}
const keys = (verb: string, key = keyFile()) => runController(['keys', verb, '--data', at('data'), '--key-file', key])

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealed-'))
  writeFileSync(keyFile(), 'a key file with enough bytes\n', { mode: 0o600 })
  writeFileSync(at('other'), 'another key file with enough bytes\n', { mode: 0o600 })
})
afterEach(async () => {
  await served?.end('SIGKILL')
  rmSync(directory, { recursive: true })
})

test('keys are sealed and unsealed by a verb, and the controller goes on with the same ones', async () => {
  expect(await serve()).toBe('0')
  const clear = all()
  expect(clear.map(([name]) => name)).toEqual(['ca.crt', 'ca.key', 'instruction.key'])
  expect(await keys('seal')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^sealed: .*ca\.key\nsealed: .*instr/),
  })
  expect(await keys('seal')).toMatchObject({ code: 0, out: 'No changes.\n' })
  expect(`${read('ca.key')}${read('instruction.key')}`).not.toContain('PRIVATE KEY-----')

  expect(await serve('--key-file', keyFile())).toBe('0')
  // As systemd gives it to a unit with LoadCredential=.
  mkdirSync(at('credentials'))
  writeFileSync(at('credentials/controller-key'), readFileSync(keyFile()), { mode: 0o400 })
  served = await serveController(at('data'), [], { env: { CREDENTIALS_DIRECTORY: at('credentials') } })
  await served.end('SIGTERM')

  expect(await keys('unseal')).toMatchObject({ code: 0 })
  expect(all()).toEqual(clear)
  expect(await serve()).toBe('0')
})

test('keys of a running controller are not sealed', async () => {
  served = await serveController(at('data'), [])
  const before = all()
  expect(await keys('seal')).toMatchObject({ code: 2, err: expect.stringMatching(/in use by another controller/) })
  expect(all()).toEqual(before)
})

test('a first start with a key file never writes a key in clear', async () => {
  expect(await serve('--key-file', keyFile())).toBe('0')
  for (const name of ['ca.key', 'instruction.key']) expect(read(name)).toMatch(/^-----BEGIN CANTRIP SEALED KEY-----/)
})

test('a wrong key file, none, and one that others can read are each one error, and nothing is changed', async () => {
  await serve('--key-file', keyFile())
  const before = all()
  const failure = (...argv: string[]) => serve(...argv).catch((error: Error) => error.message)
  const wrong = await failure('--key-file', at('other'))
  expect(wrong).toMatch(
    /other does not open the sealed key ca\.key \(authority\/wrong-key-file\)\n.*pass the key file .*nothing was changed/,
  )
  expect(wrong.match(/^\[-\]/gm)).toHaveLength(1)
  expect(await failure()).toMatch(/ca\.key is sealed, and no key file was given .*\n.*--key-file FILE/)
  expect(await keys('unseal', at('other'))).toMatchObject({ code: 2, err: expect.stringMatching(/does not open/) })
  writeFileSync(at('open'), readFileSync(keyFile()), { mode: 0o644 })
  expect(await failure('--key-file', at('open'))).toMatch(/key file .*open is readable by everybody/)
  expect(await failure('--key-file', at('none'))).toMatch(/key file .*none does not exist .*\n.*openssl rand -hex 32/)
  expect(all()).toEqual(before)
})

test('a key file for keys in clear is an error that says how to seal them', async () => {
  await serve()
  const text = await serve('--key-file', keyFile()).catch((error: Error) => error.message)
  expect(text).toMatch(/is not sealed, and a key file was given .*\n.*controller keys seal --key-file/)
})
