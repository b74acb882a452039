import { expect, test } from 'vitest'
import type { PairFinding } from '../../../../protocol/api/pair-report.ts'
import { matrixOf } from './matrix-of.ts'

const finding = (from: string[], to: string, verdict: PairFinding['verdict']): PairFinding => ({
  ...{ kind: 'port', verdict, from, to, port: '6443/tcp', found: 'refused', wanted: 'open', fix: '', on: to },
})

test('a cell is as bad as the worst finding from its row to its column', () => {
  const findings = [finding(['a', 'b'], 'c', 'warn'), finding(['a'], 'c', 'fail'), finding(['c'], 'a', 'skipped')]
  const verdicts = matrixOf({ findings }, ['a', 'b', 'c']).map((row) => row.map(({ verdict }) => verdict))
  expect(verdicts).toEqual([
    ['fine', 'fine', 'fail'],
    ['fine', 'fine', 'warn'],
    ['skipped', 'fine', 'fine'],
  ])
})
