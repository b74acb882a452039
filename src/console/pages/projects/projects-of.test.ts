import { expect, test } from 'vitest'
import { peopleText, projectsOf } from './projects-of.ts'

test('a project is where a cluster or a role is', () => {
  const people = [
    { name: 'ann', grants: [{ role: 'admin' as const, project: null }] },
    { name: 'bob', grants: [{ role: 'operator' as const, project: 'berlin' }] },
  ]
  expect(
    projectsOf(
      [
        { name: 'demo', project: 'default' },
        { name: 'test', project: 'default' },
      ],
      people,
    ),
  ).toEqual([
    { name: 'default', clusters: ['demo', 'test'], people: [] },
    { name: 'berlin', clusters: [], people: ['bob (operator)'] },
  ])
})

test('who has a role for everything has one in each project too', () => {
  expect(peopleText(['bob (operator)', 'eve (viewer)'])).toBe('bob (operator), eve (viewer)')
  expect(peopleText([])).toBe('nobody besides those with a role for everything')
})
