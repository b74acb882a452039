import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLogFile } from './log-file.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('rotates by size, keeps three old files, and loses no line in them', () => {
  const path = join(directory, 'agent.log')
  const log = openLogFile(path, 50)
  for (let number = 0; number < 40; number++) log.write(`line ${String(number).padStart(2, '0')}`)
  expect(readdirSync(directory).sort()).toEqual(['agent.log', 'agent.log.1', 'agent.log.2', 'agent.log.3'])
  const text = ['.3', '.2', '.1', ''].map((suffix) => readFileSync(path + suffix, 'utf8')).join('')
  const numbers = [...text.matchAll(/line (\d+)/g)].map(([, number]) => Number(number))
  expect(numbers.at(-1)).toBe(39)
  expect(numbers).toEqual(Array.from(numbers, (_, index) => 40 - numbers.length + index))
  for (const name of readdirSync(directory)) {
    expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(50)
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
  }
})

test('a restart continues the same file', () => {
  const path = join(directory, 'agent.log')
  openLogFile(path).write('one')
  openLogFile(path).write('two')
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
})

test('lines are dropped until the log can be written', () => {
  const path = join(directory, 'not-yet', 'agent.log')
  writeFileSync(join(directory, 'not-yet'), '')
  const log = openLogFile(path)
  log.write('dropped')
  rmSync(join(directory, 'not-yet'))
  log.write('kept')
  expect(readFileSync(path, 'utf8')).toBe('kept\n')
})
