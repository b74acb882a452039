import { appendFileSync, mkdtempSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sha256 } from '../files.ts'
import { knownSum, rememberSum } from './known-sums.ts'

const large = join(mkdtempSync(join(tmpdir(), 'known-sums-')), 'large')
writeFileSync(large, 'a'.repeat(3 * 2 ** 20))
const look = () => statSync(large, { bigint: true })
const LATER = Date.now() + 60_000

it('knows the sum of a file that did not change', () => {
  rememberSum(look(), 'sum', LATER)
  expect(knownSum(look(), LATER)).toBe('sum')
})

it('does not know a file that has the same size and modification time, and another content', () => {
  const { atimeMs, mtimeMs } = statSync(large)
  rememberSum(look(), 'sum', LATER)
  truncateSync(large, 2 ** 20)
  appendFileSync(large, 'b'.repeat(2 * 2 ** 20))
  utimesSync(large, atimeMs / 1000, mtimeMs / 1000)
  expect(knownSum(look(), LATER)).toBeUndefined()
})

it('does not trust the times of a file that was changed less than a second ago, or in the future', () => {
  const now = Number(look().ctimeMs)
  rememberSum(look(), 'early', now + 500)
  expect(knownSum(look(), LATER)).toBeUndefined()
  rememberSum(look(), 'sum', LATER)
  for (const at of [now - 10_000, now, now + 900]) expect(knownSum(look(), at)).toBeUndefined()
})

it('reads a large file that changed after its sum was known', async () => {
  rememberSum(look(), 'sum', LATER)
  const before = await sha256(large)
  appendFileSync(large, 'c')
  expect(await sha256(large)).not.toBe(before)
})
