import { expect, test } from 'vitest'
import { partNames } from './parts.ts'
import { rotating, TURN_SECONDS, turnOf, wrongTime } from './turns.ts'

/** One commit for each index in the list. */
const commits = rotating.map((_, index) => `${index.toString(16).padStart(8, '0')}${'0'.repeat(32)}`)
const secondsOf = (name: string) => rotating.find((story) => story.name === name)?.seconds ?? TURN_SECONDS / 2

test('every rotating story is a part, and is run by some commit', () => {
  const run = commits.flatMap((commit) => turnOf(commit))
  for (const { name } of rotating) {
    expect(partNames).toContain(name)
    expect(run).toContain(name)
  }
})

test('no turn takes longer than the budget, except one story that is longer alone', () => {
  for (const names of commits.map((commit) => turnOf(commit))) {
    const total = names.map(secondsOf).reduce((sum, seconds) => sum + seconds, 0)
    expect(names.length === 1 || total <= TURN_SECONDS, `${names.join()}: ${total} s`).toBe(true)
  }
})

test('a turn is consecutive from its index, goes on at the start of the list, and repeats no story', () => {
  const stories = [
    { name: 'a', seconds: 100 },
    { name: 'b', seconds: 400 },
    { name: 'c', seconds: TURN_SECONDS + 1 },
    { name: 'd' },
    { name: 'e', seconds: 40 },
  ]
  const turns = stories.map((_, index) => turnOf(`0000000${index}`, stories).join(''))
  expect(turns).toEqual(['ab', 'b', 'c', 'dea', 'eab'])
  expect(turnOf('00000001', stories.slice(0, 2))).toEqual(['b', 'a'])
})

test('a turn has a story with several masters, if there is time', () => {
  const stories = [
    { name: 'a', seconds: 100 },
    { name: 'b', seconds: 200, hasSeveralMasters: true as const },
    { name: 'c', seconds: 100 },
    { name: 'd', seconds: TURN_SECONDS },
  ]
  const turns = stories.map((_, index) => turnOf(`0000000${index}`, stories).join(''))
  expect(turns).toEqual(['abc', 'bc', 'cb', 'd'])
})

test('a time that differs from the recorded one is reported', () => {
  const [{ name, seconds = 0 } = { name: '' }] = rotating.filter((story) => story.seconds !== undefined)
  expect(wrongTime(name, seconds * 1.1)).toBeUndefined()
  expect(wrongTime(name, seconds * 2)).toContain(`records ${seconds}`)
  expect(wrongTime('e2e', 1)).toBeUndefined()
})
