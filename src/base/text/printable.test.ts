import { expect, test } from 'vitest'
import { printable, printableLines } from './printable.ts'

test.each([
  ['a\nb', 'a b'],
  ['\x1b[2J\x07x\r\n', ' [2J x '],
  ['\x9b31mred', ' 31mred'],
  ['größer … 中', 'größer … 中'],
])('%j stays in one line', (text, expected) => {
  expect(printable(text)).toBe(expected)
})

test('several lines remain, and are indented', () => {
  expect(printableLines('ended with 1:\r\n\tbad \x1b[31mthing\n[+] done')).toBe(
    'ended with 1:\n     bad  [31mthing\n    [+] done',
  )
})
