import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requireConfig, urlsNow } from './config.ts'
import { writeControllers } from './controllers.ts'
import { pathsOf } from './paths.ts'
import { makePrivateDirectory } from './state-file.ts'

const CLUSTER = { id: 'c-aaaaaaaaaa', name: 'demo' }
const KEY = 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='

let root: string
const paths = () => pathsOf(undefined, root)
const receive = (...urls: string[]) =>
  writeControllers(paths(), { cluster: CLUSTER.id, issuedAt: '2026-06-01T12:00:00.000Z', urls })
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'config-'))
  makePrivateDirectory(paths().stateDirectory)
  mkdirSync(dirname(paths().configFile), { recursive: true })
  const config = { format: 1, nodeName: 'node-1', urls: ['https://own:8443'], cluster: CLUSTER, instructionKey: KEY }
  writeFileSync(paths().configFile, JSON.stringify(config))
})
afterEach(() => rmSync(root, { recursive: true }))

test('a later list of controllers replaces the earlier one, and the URLs of the credentials stay', () => {
  receive('https://old:8443', 'https://own:8443')
  const config = requireConfig(paths())
  expect(config.urls).toEqual(['https://own:8443', 'https://old:8443'])
  receive('https://new:8443')
  expect(urlsNow(config, paths())).toEqual(['https://own:8443', 'https://new:8443'])
})
