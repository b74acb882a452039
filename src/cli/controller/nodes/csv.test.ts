import { expect, test } from 'vitest'
import { csvRows } from '../inventory/csv-rows.ts'
import { csv } from './csv.ts'

const FIELDS = [
  { title: 'name', of: ({ name }: { name: string }) => name },
  { title: 'seconds', of: () => -1.5 },
]

test('quotes, separators and control characters', () => {
  const text = csv([{ name: 'a "b", c' }, { name: 'two\nlines\u202e' }, { name: '' }], FIELDS)
  expect(text).toBe('name,seconds\r\n"a ""b"", c",-1.5\r\ntwo lines ,-1.5\r\n,-1.5\r\n')
  expect(csvRows(text, ',')).toMatchObject([{}, { fields: ['a "b", c', '-1.5'] }, {}, { fields: ['', '-1.5'] }])
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)'])('a spreadsheet takes %s for text', (name) => {
  expect(csv([{ name }], FIELDS)).toContain(`\r\n'${name},`)
})

test.each([
  ['a;=1+1', "a;'=1+1"],
  ['a; @SUM(A1);;-1', "a;' @SUM(A1);;'-1"],
  ['a;"=1&"', `"a;'""=1&"""`],
  [' =1', "' =1"],
  ['a; b=1', 'a; b=1'],
])('a spreadsheet that splits at semicolons takes %s for text', (name, cell) => {
  expect(csv([{ name }], FIELDS)).toContain(`\r\n${cell},`)
})
