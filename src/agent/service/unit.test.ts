import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathsOf } from '../paths.ts'
import { renderUnit } from './unit.ts'

const file = readFileSync(join(import.meta.dirname, '../../../systemd/cantrip-agent.service'), 'utf8')

test('the unit in the code is that of systemd/ (run: node scripts/unit.ts)', () => {
  expect(renderUnit(pathsOf())).toBe(file)
})

test('an instance has its own executable, directory and name', () => {
  const unit = renderUnit(pathsOf('blue'))
  expect(unit).toContain('ExecStart=/usr/local/bin/cantrip-blue-agent run --instance blue\n')
  expect(unit).toContain('RuntimeDirectory=cantrip-blue\n')
  expect(unit).not.toMatch(/cantrip-agent/)
})
