import { expect, test } from 'vitest'
import { MAX_PIECES } from '../../protocol/api/delivery/pieces.ts'
import { pieceBytes } from './list.ts'

const MIB = 1024 * 1024

test.each([
  [1, 0.25],
  [300, 2],
  [1_024, 4],
  [8 * 1_024, 4],
  [8 * 1_024 + 1, 8],
  [30 * 1_024, 16],
])('pieces of a bundle of %d MiB have %d MiB', (bundle, piece) => {
  expect(pieceBytes(bundle * MIB)).toBe(piece * MIB)
})

test('no bundle of less than 32 GiB has more pieces than a question may name, with 500 files', () => {
  const counts = [1, 3, 4, 5, 8, 9, 16, 17, 31.9].map((gib) => (gib * 1_024 * MIB) / pieceBytes(gib * 1_024 * MIB))
  expect(Math.max(...counts) + 500).toBeLessThan(MAX_PIECES)
})
