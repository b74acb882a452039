import { expect, test } from 'vitest'
import { found, orderOf, orderText, sorted } from './rows.ts'

interface Row {
  name: string
  state: string
  since: number
}

const COLUMNS = [
  { key: 'name', text: (row: Row) => row.name },
  { key: 'state', text: (row: Row) => row.state },
  { key: 'since', text: () => '', rank: (row: Row) => row.since },
]
const ROWS: Row[] = [
  { name: 'worker-10', state: 'READY', since: 3 },
  { name: 'worker-2', state: 'FAILED', since: 1 },
  { name: 'ready-1', state: 'NEW', since: 2 },
]
const names = (rows: readonly Row[]) => rows.map(({ name }) => name)

test('every word must be in a row, in any column or in the one it names', () => {
  expect(names(found(ROWS, COLUMNS, 'ready'))).toEqual(['worker-10', 'ready-1'])
  expect(names(found(ROWS, COLUMNS, 'state:ready'))).toEqual(['worker-10'])
  expect(names(found(ROWS, COLUMNS, ' WORKER  state:fail '))).toEqual(['worker-2'])
  expect(found(ROWS, COLUMNS, 'other:x')).toEqual([])
  expect(found(ROWS, COLUMNS, '')).toBe(ROWS)
})

test('numbers in names count as numbers', () => {
  expect(names(sorted(ROWS, COLUMNS, orderOf('name')))).toEqual(['ready-1', 'worker-2', 'worker-10'])
  expect(names(sorted(ROWS, COLUMNS, orderOf('-since')))).toEqual(['worker-10', 'ready-1', 'worker-2'])
  expect(sorted(ROWS, COLUMNS, orderOf('other'))).toBe(ROWS)
})

test('an order is written as it is read', () => {
  expect(orderText(orderOf('-name'))).toBe('-name')
  expect(orderText(orderOf('name'))).toBe('name')
})
