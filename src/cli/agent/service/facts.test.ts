import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { pathsOf } from '../../../agent/paths.ts'
import { Facts } from '../../../protocol/wire/facts.ts'
import { whatWasGiven } from './facts.ts'

const CONFIG = {
  format: 1,
  nodeName: 'one',
  urls: ['https://10.0.0.1:8443'],
  cluster: { id: 'c-abcdefghij', name: 'demo' },
  instructionKey: 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
}

function given(proxy: unknown, logins?: string) {
  const root = mkdtempSync(join(tmpdir(), 'facts-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const paths = pathsOf(undefined, root)
  mkdirSync(dirname(paths.configFile), { recursive: true })
  writeFileSync(paths.configFile, JSON.stringify({ ...CONFIG, proxy }))
  if (logins !== undefined) writeFileSync(paths.registryLoginsFile, logins)
  return whatWasGiven(paths)
}

const logins = JSON.stringify({ 'mirror.example.org': 'a:hunter2', 'http://proxy:3128': 'b:hunter2' })
const hosts = ['http://proxy:3128', 'mirror.example.org']
test.each<[unknown, string | undefined, object]>([
  [undefined, undefined, {}],
  ['http://bob:hunter2@proxy:3128/', undefined, { proxy: { url: 'http://proxy:3128' } }],
  [
    { url: 'http://bob:hunter2@proxy:3128/', inspects: true },
    logins,
    { proxy: { url: 'http://proxy:3128', inspects: true }, registryLogins: hosts },
  ],
  [{ inspects: true }, logins, { proxy: { inspects: true }, registryLogins: hosts }],
  [undefined, '{"a": "hunter2"', {}],
])('of %j and %s facts have %j', (proxy, text, wanted) => {
  const found = given(proxy, text)
  expect(found).toEqual(wanted)
  const { proxy: its, registryLogins } = Facts.shape
  expect([its.safeParse(found.proxy).success, registryLogins.safeParse(found.registryLogins).success]).toEqual([
    true,
    true,
  ])
})
