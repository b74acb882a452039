import { expect, test } from 'vitest'
import { labelPatch } from './labels.ts'

test.each([
  ['rack=7', { rack: '7' }],
  ['example.org/line=', { 'example.org/line': '' }],
  ['rack-', { rack: null }],
  ['a-b-=x', undefined],
  ['rack', undefined],
  ['rack=a b', undefined],
  ['=x', undefined],
  ['-', undefined],
])('%s', (text, patch) => {
  if (patch === undefined) expect(() => labelPatch(text)).toThrow('KEY=VALUE')
  else expect(labelPatch(text, { zone: 'a' })).toEqual({ zone: 'a', ...patch })
})
