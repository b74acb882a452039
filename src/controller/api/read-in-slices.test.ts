import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type * as z from 'zod/mini'
import { operatorRoutes, REPORT_LIMITS } from '../../protocol/api/operators.ts'
import { DEFAULT_MAX_BODY_BYTES, MAX_BODY_VALUES, type Route } from '../../protocol/api/route.ts'
import { ROUTES } from '../../protocol/api/routes.ts'
import { readInSlices } from './read-in-slices.ts'
import { parseBody } from './request-parts.ts'

const { body: Report } = operatorRoutes.report

function read(text: string, lists: Readonly<Record<string, number>> = REPORT_LIMITS, schema: z.ZodMiniType = Report) {
  const turns = { count: 0 }
  const turn = async () => void turns.count++
  return { turns, result: readInSlices(Buffer.from(text), schema, lists, turn) }
}

const pod = (at: number) => ({
  ...{ namespace: 'kube-system', name: `p${at} "}],[{\\`, node: `n${at % 50}`, ready: true, phase: 'Running' },
  restarts: at,
})
const report = (nodes: number, pods: number) => ({
  kubernetesVersion: 'v1',
  nodes: Array.from({ length: nodes }, (_, at) => ({
    name: `n${at}`,
    ready: true,
    kubeletVersion: 'v1',
    unhealthy: [],
  })),
  dns: true,
  pods: Array.from({ length: pods }, (_, at) => pod(at)),
})

test.each([
  ['nothing', report(0, 0)],
  ['a few', report(1, 2)],
  ['as many as there can be', report(5_000, 20_000)],
])('a body with lists of %s is read as by JSON.parse, with turns of others meanwhile', async (_, value) => {
  const text = JSON.stringify(value)
  const { turns, result } = read(text)
  expect(await result).toEqual(value)
  expect(turns.count).toBeGreaterThanOrEqual(Math.floor(text.length / 65_536))
  expect(await read(JSON.stringify(value, null, 2)).result).toEqual(value)
})

test('characters of several bytes are read whole where slices meet', async () => {
  const text = JSON.stringify({
    ...report(0, 0),
    pods: Array.from({ length: 9_000 }, () => ({ ...pod(1), why: { reason: 'é€😀', message: '' } })),
  })
  for (const blanks of ['', ' ', '  ', '   ']) expect(await read(`${blanks}${text}`).result).toEqual(JSON.parse(text))
})

test('of several bodies one slice is read before others have their turn', async () => {
  const text = JSON.stringify(report(0, 5_000))
  const { turns, result } = read(text)
  await result
  let isRead = false
  let others = 0
  const beside = async () => {
    for (; !isRead; others++) await setImmediate()
  }
  const bodies = Promise.all([1, 2, 3].map(() => readInSlices(Buffer.from(text), Report, REPORT_LIMITS)))
  await Promise.all([beside(), bodies.finally(() => (isRead = true))])
  expect(others).toBeGreaterThanOrEqual(3 * turns.count)
})

test('a field that is not in the schema is dropped, also a list', async () => {
  expect(await read(JSON.stringify({ other: [1], ...report(1, 1), more: { a: [[2]] } })).result).toEqual(report(1, 1))
})

const large = JSON.stringify(report(0, 2_000))
test.each([
  ['no object', '[[1]]', 'request/invalid'],
  ['a list of something else', JSON.stringify({ ...report(1, 0), pods: ['x'] }), 'request/invalid', 'pods.0: '],
  [
    'a value that is wrong',
    large.replace('"restarts":1500', '"restarts":"x"'),
    'request/invalid',
    'pods.1500.restarts: ',
  ],
  ['another field that is wrong', large.replace('"dns":true', '"dns":1'), 'request/invalid', 'dns: '],
  ['no list', JSON.stringify({ ...report(0, 0), pods: 1 }), 'request/invalid', 'pods: '],
  ['too many nodes', JSON.stringify(report(5_001, 0)), 'request/invalid', 'nodes: found more than 5000 values'],
  ['too many pods', JSON.stringify(report(0, 20_001)), 'request/invalid', 'pods: found more than 20000 values'],
  ['another list that is not JSON', `{"other":[1 2],${large.slice(1)}`, 'request/no-json'],
  ['too much in a value', large.replace('"p1500 ', `"p1500${'x'.repeat(140_000)} `), 'request/too-large'],
  ['too much outside of the lists', `{"x":"${'x'.repeat(70_000)}",${large.slice(1)}`, 'request/too-large'],
  ['a list that is nested too deep', large.replace('"restarts":1500', `"x":${'['.repeat(20)}`), 'request/too-deep'],
  ['a list that is cut off', large.slice(0, -5_000), 'request/no-json'],
  ['an object that is cut off', large.slice(0, -1), 'request/no-json'],
  ['a comma too many', large.replace('"restarts":1500},', '"restarts":1500},,'), 'request/no-json'],
  ['a comma at the end of a list', large.replace(/\]\}$/, ',]}'), 'request/no-json'],
  ['a comma at the end of a slice', `{"pods":[${'{"a":1},'.repeat(8_193)}]}`, 'request/no-json'],
  ['a slice without a value', `{"pods":[${' '.repeat(70_000)},{"a":1}]}`, 'request/no-json'],
  ['a wrong bracket', large.replace('"restarts":1500}', '"restarts":1500]'), 'request/no-json'],
  ['a list that ends twice', large.replace(/\]\}$/, ']]}'), 'request/no-json'],
  ['more after the object', `${large}x`, 'request/no-json'],
])('refuses a body with %s', async (_, text, code, message = '') => {
  await expect(read(text).result).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('a body that is not read in slices has a limit of values', () => {
  const values = (count: number) => `[${'1,'.repeat(count - 2)}1]`
  expect(parseBody(values(MAX_BODY_VALUES - 1))).toHaveLength(MAX_BODY_VALUES - 2)
  expect(() => parseBody(`{"a":${values(MAX_BODY_VALUES)}}`)).toThrow(/more than 40000 values/)
  expect(parseBody(JSON.stringify({ a: ',[{'.repeat(60_000) }))).toBeDefined()
})

/** Bodies above the default: why they must be so large, and what keeps others from waiting for them. */
test('a route that accepts more than 2 MiB reads its body in slices', () => {
  const larger = Object.entries<Route>(ROUTES).filter(
    ([, { maxBodyBytes = 0 }]) => maxBodyBytes > DEFAULT_MAX_BODY_BYTES,
  )
  const most = larger.map(([id, { maxBodyBytes = 0, slicedLists }]) => [
    id,
    maxBodyBytes / 1024,
    slicedLists !== undefined,
  ])
  expect(most.sort()).toEqual([
    ['applyDeclaration', 2_048, false],
    ['changeSettings', 512, false],
    ['createCluster', 512, false],
    ['report', 8_192, true],
    // It is not parsed.
    ['uploadImages', 4_096, false],
  ])
})
