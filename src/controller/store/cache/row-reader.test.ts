import { expect, test } from 'vitest'
import { newNode } from '../../domain/new-records.ts'
import { NODE } from '../record-kinds.ts'
import { toRow } from '../rows.ts'
import { rowReader, sizeOf } from './row-reader.ts'

const rowOf = (id: string, name = 'n') =>
  toRow(NODE, newNode({ id, clusterId: 'c', name, address: '10.0.0.1', createdAt: '2026-01-01T00:00:00.000Z' }))

test('an unchanged row is the same record, which nobody can change', () => {
  const read = rowReader()
  const node = read(NODE, rowOf('a'))
  expect(read(NODE, rowOf('a'))).toBe(node)
  expect(() => node.roles.push('worker')).toThrow('not extensible')
})

test('a row that has changed is read again', () => {
  const read = rowReader()
  read(NODE, rowOf('a'))
  expect(read(NODE, rowOf('a', 'renamed')).name).toBe('renamed')
  expect(read(NODE, { ...rowOf('a', 'renamed'), up_seq: 7 }).upSeq).toBe(7)
})

test('what was not read for the longest time is forgotten when there is too much', () => {
  const read = rowReader(2.5 * sizeOf(rowOf('a')))
  const [a, b] = [read(NODE, rowOf('a')), read(NODE, rowOf('b'))]
  expect(read(NODE, rowOf('a'))).toBe(a)
  read(NODE, rowOf('c'))
  expect(read(NODE, rowOf('a'))).toBe(a)
  expect(read(NODE, rowOf('b'))).not.toBe(b)
})
