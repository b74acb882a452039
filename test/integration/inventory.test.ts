// Inventories as Ansible itself reads them.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDocuments } from '../../src/cli/controller/declare/documents.ts'
import { type Groups, groupedHosts } from '../../src/cli/controller/inventory/ansible/groups.ts'
import { parseIni } from '../../src/cli/controller/inventory/ansible/ini.ts'
import { parseAnsibleYaml } from '../../src/cli/controller/inventory/ansible/yaml.ts'
import { ANSIBLE, loadInventory } from '../../src/cli/controller/inventory/load.ts'
import { pythonPrograms } from '../support/python.ts'
import { ACCEPTED, REFUSED, STRICTER } from './inventory-oracle/files.ts'

const run = promisify(execFile)
const ORACLE = join(import.meta.dirname, 'inventory-oracle')

/** By host. */
type Read = Record<string, { variables: Record<string, unknown>; groups: string[] }>

let directory: string
let byAnsible: Record<string, Read | null>
const place = (name: string) => join(directory, name)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'inventory-'))
  const all = {
    ...ACCEPTED,
    ...REFUSED,
    ...Object.fromEntries(Object.entries(STRICTER).map(([name, [text]]) => [name, text])),
  }
  for (const [name, text] of Object.entries(all)) writeFileSync(place(name), text)
  const programs = await pythonPrograms('ansible', join(ORACLE, 'requirements.txt'))
  const files = [...Object.keys(ACCEPTED), ...Object.keys(REFUSED)].map(place)
  const env = {
    ...{ PATH: process.env.PATH, HOME: directory, LANG: 'C.UTF-8' },
    ...{ ANSIBLE_INVENTORY_ENABLED: 'yaml,ini', ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true' },
  }
  const { stdout } = await run(join(programs, 'python'), [join(ORACLE, 'list.py'), ...files], { env })
  byAnsible = JSON.parse(stdout)
}, 180_000)
afterAll(() => rmSync(directory, { recursive: true }))

function byCantrip(file: string, text: string): Read {
  const read = (): Groups[] =>
    file.endsWith('.ini') ? [parseIni(file, text)] : parseDocuments(file, text, ANSIBLE).map(parseAnsibleYaml)
  const hosts = read().flatMap(groupedHosts)
  return Object.fromEntries(
    hosts.map(({ name, groups, variables }) => [name, { groups, variables: Object.fromEntries(variables) }]),
  )
}

test.each(Object.entries(ACCEPTED))('%s is read as by Ansible', (name, text) => {
  expect(byAnsible[place(name)]).toBeTruthy()
  expect(byCantrip(name, text)).toEqual(byAnsible[place(name)])
})

test.each(Object.entries(REFUSED))('%s is refused, as by Ansible', (name, text) => {
  expect(byAnsible[place(name)]).toBeNull()
  expect(() => byCantrip(name, text)).toThrow(/^\S+:\d+:\d+: /)
})

test.each(Object.entries(STRICTER))('%s is refused', async (name, [, found]) => {
  await expect(loadInventory(place(name))).rejects.toThrow(found)
})
