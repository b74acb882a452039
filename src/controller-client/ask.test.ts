import { expect, test } from 'vitest'
import { exitCodeOf } from '../cli/kit/exit-codes.ts'
import { clusterRoutes } from '../protocol/api/clusters.ts'
import { ask } from './ask.ts'

const asked = (status: number, body: string) =>
  ask(async () => ({ status, body }), 'https://controller:7443', clusterRoutes.listClusters, {}, { timeoutMs: 1_000 })

const PROBLEM = { code: 'a/b', message: 'found', fix: 'fix' }

// Scripts go by the exit code.
test.each([
  [400, 2],
  [403, 7],
  [404, 2],
  [429, 7],
  [500, 1],
  [503, 6],
])('an error with status %i ends a command with exit code %i', async (status, exitCode) => {
  const error = await asked(status, JSON.stringify(PROBLEM)).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ ...PROBLEM, facts: { status } })
  expect(exitCodeOf(error)).toBe(exitCode)
})

test('reads problem details', async () => {
  const { message: detail, ...own } = PROBLEM
  const problem = { type: '/docs/errors#a/b', title: 'Forbidden', status: 403, detail, ...own }
  await expect(asked(403, JSON.stringify(problem))).rejects.toMatchObject(PROBLEM)
})

test('keeps the remedy as data, and reports an unreadable error as controller/failed', async () => {
  const remedy = [{ do: 'node.approve', node: 'm1' }, ' first']
  await expect(asked(403, JSON.stringify({ ...PROBLEM, remedy }))).rejects.toMatchObject({ remedy })
  await expect(asked(502, '<html>')).rejects.toMatchObject({ code: 'controller/failed' })
})
