import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { files, importCycles, importsOf, isUnder, textOf } from './architecture/imports.ts'
import { MAY_IMPORT, MOST_FILES, ONLY_FROM, ONLY_IN } from './architecture/rules.ts'

const ROOT = join(import.meta.dirname, '..')

/** The most specific folder that has a rule. */
const ruleOf = (file: string) =>
  Object.keys(MAY_IMPORT)
    .filter((folder) => isUnder(file, folder))
    .sort((a, b) => b.length - a.length)[0]

/** The permission that an import of a file uses; `undefined` where it has none. */
function permissionFor(file: string, rule: string, target: string): string | undefined {
  const closed = Object.entries(ONLY_FROM).find(([folder]) => isUnder(target, folder))
  if (closed && !closed[1].some((folder) => isUnder(file, folder))) return undefined
  // Checks never import each other, and neither do components.
  const isSibling = ['checks', 'components'].includes(rule) && target.split('/')[1] !== file.split('/')[1]
  if (isUnder(target, rule) && !isSibling) return rule
  return MAY_IMPORT[rule]?.find((folder) => folder === '*' || isUnder(target, folder))
}

const imports = files.flatMap((file) => {
  const rule = ruleOf(file)
  if (rule === undefined) return [{ file, rule: '', target: '(its folder has no rule)', permission: undefined }]
  return importsOf(file).files.map((target) => ({ file, rule, target, permission: permissionFor(file, rule, target) }))
})

const packages = files.flatMap((file) => importsOf(file).packages.map((name) => ({ file, name })))

test('every folder imports only the folders that the rules allow', () => {
  const breaches = imports.filter(({ permission }) => permission === undefined)
  expect(breaches.map(({ file, target }) => `${file}: imports ${target}`)).toEqual([])
})

test('a package is imported only in its folders', () => {
  const breaches = packages.filter(({ file, name }) => ONLY_IN[name]?.some((place) => isUnder(file, place)) === false)
  expect(breaches.map(({ file, name }) => `${file}: ${name} belongs to ${ONLY_IN[name]?.join(', ')}`)).toEqual([])
})

test('every permission is used', () => {
  const isUsed = (rule: string, folder: string) =>
    folder === '*' || imports.some((entry) => entry.rule === rule && entry.permission === folder)
  const unused = Object.entries(MAY_IMPORT).flatMap(([rule, folders]) =>
    folders.filter((folder) => !isUsed(rule, folder)).map((folder) => `${rule}: never imports ${folder}`),
  )
  const idle = Object.entries(ONLY_IN).flatMap(([name, places]) =>
    places
      .filter((place) => !packages.some((entry) => entry.name === name && isUnder(entry.file, place)))
      .map((place) => `${place}: never imports ${name}`),
  )
  expect([...unused, ...idle]).toEqual([])
})

test('there are no import cycles', () => {
  expect(importCycles()).toEqual([])
})

test(`no folder holds more than ${MOST_FILES} files`, () => {
  const counts = Map.groupBy(files, dirname)
  const large = [...counts].filter(([, inside]) => inside.length > MOST_FILES)
  expect(large.map(([folder, inside]) => `${folder}: ${inside.length} files`)).toEqual([])
})

test('only the two entry points call process.exit', () => {
  const guilty = files.filter(
    (file) => !['agent.ts', 'controller.ts'].includes(file) && /process\.exit\(/.test(textOf(file)),
  )
  expect(guilty).toEqual([])
})

test('SQL is only in the store backends', () => {
  const sql =
    /\b(?:SELECT [\w*(,. ]+ FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET|CREATE TABLE|ORDER BY|GROUP BY)\b|\w = \?|(?:LIKE|<>|<=|>=|<|>) \?['" ]/
  const backend = /^controller\/store\/[a-z]+\//
  expect(["where('cluster_id = ?')", "'state <> ? '", '`SELECT * FROM x`'].every((text) => sql.test(text))).toBe(true)
  const guilty = files.filter(
    (file) => isUnder(file, 'controller') && !backend.test(file) && sql.test(textOf(file).replaceAll(/ \?\? /g, ' ')),
  )
  expect(guilty).toEqual([])
})

const UNCHECKED = [
  // The controller has told the fingerprint of the peer's certificate.
  'agent/execute/peers/piece-sources.ts',
  // Looks at the certificates, and sends nothing; a person compares the fingerprint.
  'cli/controller/login/peer-chain.ts',
  // People need no certificate; keepStrict ends connections with one that is not valid.
  'controller/api/admission/connections.ts',
  // The connection to the controller is inside this one, and verified by both ends.
  'host/linux/network/secure.ts',
  // sslmode=prefer and require of libpq encrypt, and do not check who the server is.
  'controller/store/postgres/connect/tls.ts',
]

test('no shell, no unchecked certificate', () => {
  const guilty = files.filter((file) =>
    /shell: true|execSync\(|import \{[^}]*\bexec\b[^}]*\} from .node:child_process|rejectUnauthorized: false/.test(
      textOf(file),
    ),
  )
  expect(guilty).toEqual(UNCHECKED)
})

test('unit tests mock no modules, because they share them in one process', () => {
  const tests = globSync(['src/**/*.test.ts', 'test/*.test.ts', 'test/run/*.test.ts'], { cwd: ROOT })
  const guilty = tests.filter((file) => /\bvi\.(?:do)?mock\(/i.test(readFileSync(join(ROOT, file), 'utf8')))
  expect(tests.length).toBeGreaterThan(300)
  expect(guilty).toEqual([])
})
