import { expect, test } from 'vitest'
import { Operations } from '../live/operations.ts'
import { shared } from './shared-answer.ts'

function scene() {
  const clock = { ms: 1_000_000 }
  const ports = { operations: new Operations(), now: () => new Date(clock.ms), startedAt: new Date(0) }
  const asked: string[] = []
  const pending: PromiseWithResolvers<string>[] = []
  const answers = shared((_: typeof ports, ...key: string[]) => {
    asked.push(key.join(' '))
    const one = Promise.withResolvers<string>()
    pending.push(one)
    return one.promise
  })
  return { clock, ports, asked, pending, get: (...key: string[]) => answers.get(ports, ...key).answer, answers }
}

test('an answer on its way is shared however long it takes, and for 5 s after its arrival', async () => {
  const { clock, asked, pending, get } = scene()
  const first = get('c-1')
  clock.ms += 20_000
  const second = get('c-1')
  pending[0]?.resolve('old')
  expect(await Promise.all([first, second])).toEqual(['old', 'old'])
  clock.ms += 4_999
  expect(await get('c-1')).toBe('old')
  expect(asked).toEqual(['c-1'])
  clock.ms += 1
  const later = get('c-1')
  pending[1]?.resolve('new')
  expect(await later).toBe('new')
})

test('other questions, other controllers and forgotten answers are asked for', async () => {
  const { ports, asked, answers, get } = scene()
  get('c-1', 'v1.36.2')
  get('c-1', 'v1.37.2')
  answers.get({ ...ports, operations: new Operations() }, 'c-1', 'v1.36.2')
  answers.forget(ports, 'c-1', 'v1.36.2')
  get('c-1', 'v1.36.2')
  expect(asked).toEqual(['c-1 v1.36.2', 'c-1 v1.37.2', 'c-1 v1.36.2', 'c-1 v1.36.2'])
})

test('after a failure the next one asks again, and a clock that was set back keeps nothing', async () => {
  const { clock, asked, pending, get } = scene()
  const failed = get('c-1')
  pending[0]?.reject(new Error('the store is away'))
  await expect(failed).rejects.toThrow('the store is away')
  const first = get('c-1')
  pending[1]?.resolve('first')
  await first
  clock.ms -= 3_600_000
  get('c-1')
  expect(asked).toHaveLength(3)
})
