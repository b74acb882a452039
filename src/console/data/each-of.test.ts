import { expect, test } from 'vitest'
import { eachOf } from './each-of.ts'

test('all are done, and those that fail are named', async () => {
  const items = Array.from({ length: 20 }, (_, at) => at)
  let inWork = 0
  let most = 0
  const { done, failed } = await eachOf(items, async (item) => {
    most = Math.max(most, ++inWork)
    await Promise.resolve()
    inWork--
    if (item === 3) throw new Error('three')
  })
  expect(done.sort((a, b) => a - b)).toEqual(items.filter((item) => item !== 3))
  expect(failed).toEqual([{ item: 3, error: new Error('three') }])
  expect(most).toBeLessThanOrEqual(6)
})

test('without items nothing happens', async () => {
  expect(await eachOf([], async () => undefined)).toEqual({ done: [], failed: [] })
})
