import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { CATALOG, checkIds, fixableIds, missingFiles, renderCatalog } from '../../scripts/catalog.ts'
import { fixStepIdOf } from '../engine/checks/fix-workflow.ts'
import { checks, fixSteps } from './catalog.generated.ts'

test('the catalog is what scripts/catalog.ts writes', () => {
  expect(readFileSync(CATALOG, 'utf8')).toBe(renderCatalog(checkIds(), fixableIds()))
})

test('ids are the folder names, and every folder has a test', () => {
  expect(checks.map((check) => check.id)).toEqual(checkIds())
  for (const id of checkIds()) expect(missingFiles(id), id).toEqual([])
})

test('a fix step is named after its check and has a title', () => {
  expect(fixSteps.map(({ id }) => id)).toEqual(fixableIds().map(fixStepIdOf))
  for (const { id, title } of fixSteps) expect(title, id).toMatch(/^[A-Z].{3,60}$/)
})

test('every check explains itself and has a timeout', () => {
  for (const check of checks) {
    const { id } = check
    expect(check.title, `${id}: the title has 4 to 61 characters and begins with a capital`).toMatch(/^[A-Z].{3,60}$/)
    expect(check.why, `${id}: why has sentences, of at least 32 characters together`).toMatch(/^[A-Z].{30,}\.$/s)
    expect(check.remedy, `${id}: remedy has sentences, of at least 22 characters together`).toMatch(/^[A-Z].{20,}\.$/s)
    for (const { of, warn, fail } of check.thresholds ?? []) expect(warn ?? fail, `${check.id}: ${of}`).toBeTruthy()
    // All checks run at once: on an emulated or busy CPU even reading files takes seconds.
    expect(check.timeoutMs, check.id).toBeGreaterThanOrEqual(14_000)
    expect(check.timeoutMs, check.id).toBeLessThanOrEqual(45_000)
  }
})

test('ids of components are the folder names', () => {
  const components = resolve(import.meta.dirname, '../components')
  const names = readdirSync(components).filter((name) => existsSync(join(components, name, 'component.ts')))
  expect(names.length).toBeGreaterThan(0)
  for (const name of names) {
    const source = readFileSync(join(components, name, 'component.ts'), 'utf8')
    expect(/\bid: '([^']+)'/.exec(source)?.[1], name).toBe(name)
  }
})
