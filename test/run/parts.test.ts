import { expect, test } from 'vitest'
import { allParts, partNamed, partNames } from './parts.ts'
import { rotating, turnOf } from './turns.ts'

const names = (parts: readonly { name: string }[]) => parts.map(({ name }) => name)
const commits = Array.from({ length: 512 }, (_, index) => `${index.toString(16).padStart(8, '0')}${'0'.repeat(32)}`)

test('without a turn all parts run, in the order in which they are listed', () => {
  expect(names(allParts())).toEqual(partNames)
})

test('every story runs within a few commits, and each commit runs some of the rotating stories', () => {
  const runs = commits.map((commit) => names(allParts(turnOf(commit))))
  for (const name of partNames)
    expect(runs.filter((run) => run.includes(name)).length).toBeGreaterThanOrEqual(
      Math.floor(commits.length / rotating.length),
    )
  for (const run of runs) expect(run.length).toBeLessThan(partNames.length)
})

test('stories run one after another, whichever are omitted', () => {
  for (const commit of commits) {
    const stories = allParts(turnOf(commit)).filter(({ live }) => live)
    expect(stories[0]?.after).toEqual(['build', 'contract', 'integration', 'console'])
    for (const [index, story] of stories.entries()) {
      if (index > 0) expect(story.after).toEqual(['build', stories[index - 1]?.name])
    }
  }
})

test('finds a part by its name, with the build if it needs one', () => {
  expect(names(partNamed('unit'))).toEqual(['unit'])
  expect(names(partNamed('five-masters'))).toEqual(['build', 'five-masters'])
  expect(names(partNamed('integration'))).toEqual(['build', 'integration'])
  expect(partNamed('nothing')).toEqual([])
})
