import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_VERSIONS, VERSION_SETS, type VersionSet, versionSet } from './sets.ts'

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'))

test.each(files)('%s is the complete set of its minor version', (name) => {
  const minor = name.replace(/\.json$/, '')
  const found = VERSION_SETS.filter(({ kubernetes }) => kubernetes.startsWith(`v${minor}.`))
  expect(found).toEqual([JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'))])
  expect(Object.keys(found[0] ?? {})).toEqual(Object.keys(DEFAULT_VERSIONS))
  const { sources, pause, ...published } = found[0] as VersionSet
  expect([...Object.values(published), ...Object.values(sources)].filter((one) => !/^v\d+\.\d+\.\d/.test(one))).toEqual(
    [],
  )
  expect(pause).toMatch(/^\d+\.\d+/)
})

test('every set has a file, including the default set', () => {
  expect(VERSION_SETS).toHaveLength(files.length)
  expect(versionSet(DEFAULT_VERSIONS.kubernetes)).toBe(DEFAULT_VERSIONS)
  expect(versionSet('v1.0.0')).toBeUndefined()
})

test('the default version of Kubernetes is written in its set alone', () => {
  const root = join(import.meta.dirname, '../../..')
  const isText = /\.(ts|json|md|sh)$|^[^.]+$/
  const texts = ['src', 'scripts', 'build', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && isText.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name)),
  )
  const isIn = (file: string) => readFileSync(file, 'utf8').includes(DEFAULT_VERSIONS.kubernetes)
  const found = texts.filter((file) => !/test\/(results|golden)\//.test(file)).filter(isIn)
  expect(found.map((file) => file.slice(root.length + 1))).toEqual(['src/bundle/versions/1.36.json'])
})
