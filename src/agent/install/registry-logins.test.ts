import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { Secret } from '../../base/text/secret.ts'
import { pathsOf } from '../paths.ts'
import type { InstallParams } from './params.ts'
import { readLogins, registryLoginsOf, sameLogins, writeLogins } from './registry-logins.ts'

const FILE = '/root/mirror.txt'

function read(given: string[], content = 'node:p@ss:w=rd\n', mode = 0o600) {
  const host = fakeHost({ files: { '/etc/passwd': 'root:x:0:0::/root:/bin/bash\n' } })
  host.files.seed(FILE, content, { mode })
  return registryLoginsOf(given, host, {})
}

test('the first line of a private file, by the host of the mirror', async () => {
  const logins = await read([`mirror.example.org:5000=${FILE}`])
  expect(logins['mirror.example.org:5000']?.reveal()).toBe('node:p@ss:w=rd')
  expect(JSON.stringify(logins)).not.toContain('p@ss')
})

test('what goes over the network in clear has a login of its own; the usual port is left out', async () => {
  const given = ['http://proxy:3128', 'http://plain:80', 'mirror:443', 'mirror.example.org:80']
  const logins = await read(given.map((name) => `${name}=${FILE}`))
  expect(Object.keys(logins)).toEqual(['http://proxy:3128', 'http://plain', 'mirror', 'mirror.example.org:80'])
})

test.each(['{"mirror": "a:hunter2"', '{"mirror": 5}', '[]'])('a damaged file is named, and not quoted: %s', (text) => {
  const directory = mkdtempSync(join(tmpdir(), 'logins-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const registryLoginsFile = join(directory, 'registry-logins.json')
  expect(readLogins({ registryLoginsFile })).toEqual({})
  writeFileSync(registryLoginsFile, text)
  expect(() => readLogins({ registryLoginsFile })).toThrow(`${registryLoginsFile} has no logins of registries`)
})

test.each<[string, string[], string, number, RegExp]>([
  ['no file', ['mirror.example.org'], 'a:b', 0o600, /usage\/registry-login: found --registry-login mirror/],
  ['a URL as host', [`https://mirror=${FILE}`], 'a:b', 0o600, /usage\/registry-login/],
  ['no password', [`mirror=${FILE}`], 'hunter2\n', 0o600, /usage\/registry-login: the first line of .* is not USER/],
  ['a control character', [`mirror=${FILE}`], 'a:hunter2\u0007x\n', 0o600, /is not USER:PASSWORD/],
  ['a file that others can read', [`mirror=${FILE}`], 'a:hunter2\n', 0o644, /credentials\/world-readable/],
])('%s is refused, without its content', async (_, given, content, mode, says) => {
  const refusal = await read(given, content, mode).catch(({ code, message, fix }) => `${code}: ${message}; ${fix}`)
  expect(refusal).toMatch(says)
  expect(refusal).not.toContain('hunter2')
})

test('are kept in a private file, which goes with the last one', async () => {
  const host = fakeHost()
  const paths = pathsOf()
  const params = (registryLogins: InstallParams['registryLogins']) => ({ paths, registryLogins }) as InstallParams
  const some = params({ mirror: new Secret('a:b') })
  await writeLogins(host, some)
  expect((await host.stat(paths.registryLoginsFile))?.mode).toBe(0o600)
  expect([await sameLogins(host, some), await sameLogins(host, params({}))]).toEqual([true, false])
  await writeLogins(host, params({}))
  expect(await host.stat(paths.registryLoginsFile)).toBe(undefined)
  expect(await sameLogins(host, params({}))).toBe(true)
})
