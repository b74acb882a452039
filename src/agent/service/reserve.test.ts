import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepReserve } from './reserve.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'reserve-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

test('on a full disk the reserve is removed and the work repeated', () => {
  const path = join(directory, 'reserve')
  const reserve = keepReserve(path)
  reserve.fill()
  expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(1024 * 1024)
  const work = () => {
    if (statSync(path, { throwIfNoEntry: false })) throw full()
    return 'done'
  }
  expect(reserve.spend(work)).toBe('done')
})

test('throws other failures, and that of a disk that stays full', () => {
  const reserve = keepReserve(join(directory, 'reserve'))
  const fail = (error: Error) => () => {
    throw error
  }
  expect(() => reserve.spend(fail(new Error('bug')))).toThrow('bug')
  expect(() => reserve.spend(fail(full()))).toThrow('no space left')
})
