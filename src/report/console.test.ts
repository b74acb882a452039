import { expect, test } from 'vitest'
import type { EngineEvent } from '../engine/event.ts'
import { bar, consoleReporter } from './console.ts'

const at = '2026-01-01T00:00:00.000Z'
const events: EngineEvent[] = [
  {
    kind: 'run-started',
    at,
    role: 'install',
    steps: [
      { id: 'install/agent', title: 'Installing node agent' },
      { id: 'install/credentials', title: 'Installing credentials' },
    ],
  },
  { kind: 'step-skipped', at, step: 'install/agent', because: 'done already' },
  { kind: 'step-started', at, step: 'install/credentials', title: 'Installing credentials' },
  { kind: 'step-progress', at, step: 'install/credentials', done: 1, of: 2, unit: 'items' },
  { kind: 'step-done', at, step: 'install/credentials', ms: 3 },
  { kind: 'run-ended', at, outcome: 'done', ms: 9 },
]

function print(isTty: boolean): string {
  const parts: string[] = []
  const report = consoleReporter({ write: (part) => parts.push(part), isTty, columns: 60 })
  for (const event of events) report(event)
  return parts.join('')
}

test('steps are numbered, and a file gets only complete lines', () => {
  expect(print(false)).toBe('[+] Step 1. Installing node agent (done already)\n[+] Step 2. Installing credentials\n')
})

test('a terminal also shows the progress of a step', () => {
  expect(print(true)).toContain('50 %  1 of 2')
})

test.each([10, 20, 40, 200])('a bar fits into %i columns', (columns) => {
  expect(bar({ done: 50e6, of: 100e6, unit: 'bytes' }, columns).length).toBeLessThan(columns)
})

test.each([
  [80, '    [####################                    ] 50 %  48 of 95 MiB'],
  [38, '    [######      ] 50 %  48 of 95 MiB'],
  [24, '    50 %  48 of 95 MiB'],
  [20, '50 %  48 of 95 MiB'],
  [10, '50 %'],
  [3, ''],
])('in %i columns parts that do not fit are omitted', (columns, shown) => {
  expect(bar({ done: 50e6, of: 100e6, unit: 'bytes' }, columns)).toBe(shown)
})

test('output after a run starts on a new line', () => {
  const parts: string[] = []
  const report = consoleReporter({ write: (part) => parts.push(part), isTty: true, columns: 60 })
  for (const event of events) report(event)
  expect(parts.join('').split('\r\x1b[2K').at(-1)).toBe('')
})

test('a bar with nothing to do does not divide by zero', () => {
  expect(bar({ done: 0, of: 0, unit: 'items' }, 80)).toContain('0 %')
})
