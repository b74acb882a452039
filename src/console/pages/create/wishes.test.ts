import { expect, test } from 'vitest'
import { nameProblem, OTHERS, problemsIn, type Wishes, withShape } from './wishes.ts'

const WISHES: Wishes = { name: 'demo', project: 'default', shape: 'single', drafts: {} }
const KNOWN = { clusters: ['line-1'], nodes: [{ name: 'n1', address: '10.20.0.5' }] }

test('defaults are fine, and what is wrong is told in its step', () => {
  expect(problemsIn(WISHES, KNOWN)).toEqual({ subnets: {} })
  expect(problemsIn({ ...WISHES, name: 'line-1' }, KNOWN).name).toContain('already')
  expect(problemsIn({ ...WISHES, project: 'No Project' }, KNOWN).name).toContain('Project: Wanted')
  const taken = problemsIn({ ...WISHES, drafts: { podSubnet: '10.20.0.0/16' } }, KNOWN)
  expect(taken.network).toContain('node n1')
  expect(problemsIn({ ...WISHES, drafts: { apiEndpoint: 'x' } }, KNOWN).network).toContain(
    'API endpoint: Wanted HOST:PORT',
  )
  expect(problemsIn({ ...WISHES, drafts: { installerTtlDays: '0' } }, KNOWN).others).toContain('Days')
})

test('a shape with workers keeps workloads away from masters', () => {
  expect(withShape(WISHES, 'all').drafts.dedicatedMasters).toBe(true)
  expect(withShape(withShape(WISHES, 'all'), 'masters').drafts.dedicatedMasters).toBe(false)
})

test('names are those of clusters', () => {
  expect(nameProblem('')).toBe('Type a name.')
  expect(nameProblem('Demo')).toContain('Wanted lower-case letters')
  expect(nameProblem('factory-1')).toBeUndefined()
})

test('settings with a step of their own are not shown twice', () => {
  expect(OTHERS).toContain('labels')
  expect(OTHERS).not.toContain('podSubnet')
})
