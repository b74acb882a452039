import { describe, expect, it, test } from 'vitest'
import { agentRoutes } from './agents.ts'
import { BODY_ERRORS, COMMON_ERRORS, ERROR_STATUS, REPEATABLE_ERRORS, statusOf, VERSIONED_ERRORS } from './errors.ts'
import { eventRoutes } from './events.ts'
import { pathOf, type Route } from './route.ts'
import { ROUTES } from './routes.ts'

const routes: [string, Route][] = Object.entries(ROUTES)

describe('pathOf', () => {
  it('encodes a variable, and keeps the slashes of the last one', () => {
    expect(pathOf({ path: '/v1/nodes/{id}' }, { id: 'a/b c' })).toBe('/v1/nodes/a%2Fb%20c')
    const params = { sha256: 'f', path: 'images/a b' }
    expect(pathOf(agentRoutes.fetchBundleFile, params)).toBe('/v1/bundles/f/images/a%20b')
  })

  it('leaves out what a query does not have', () => {
    const query = { after: 7, cluster: undefined, tail: '1' as const }
    expect(pathOf(eventRoutes.listEvents, undefined, query)).toBe('/v1/events?after=7&tail=1')
  })
})

test('a number of a query is bounded, and no number is refused', () => {
  const { query } = eventRoutes.listEvents
  expect(query.parse({ waitMs: '999999', after: '3' })).toEqual({ waitMs: 30_000, after: 3 })
  expect(query.safeParse({ waitMs: 'soon' }).success).toBe(false)
  expect(query.safeParse({ after: '-1' }).success).toBe(false)
})

test('no two routes have one method and path', () => {
  const places = routes.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{\+?\w+\}/g, '{}')}`)
  expect(new Set(places).size).toBe(places.length)
})

test.each(routes)('%s declares who may call it, its variables and its answer', (_, route) => {
  expect(route.access.length).toBeGreaterThan(0)
  expect(route.summary).not.toMatch(/\.$|^$/)
  const variables = [...route.path.matchAll(/\{\+?(\w+)\}/g)].map(([, name]) => name)
  const { shape = {} } = (route.params ?? {}) as { shape?: object }
  expect(variables).toEqual(expect.arrayContaining(Object.keys(shape)))
  if (route.method === 'GET') expect(route.body).toBeUndefined()
})

test('an undeclared error is an internal error of the controller', () => {
  expect(statusOf('join/failed')).toBe(500)
  expect(statusOf('toString')).toBe(500)
  expect(statusOf('node/unknown')).toBe(404)
})

test('every code of the table is declared by a route, or common', () => {
  const declared = new Set<string>([
    ...COMMON_ERRORS,
    ...BODY_ERRORS,
    ...VERSIONED_ERRORS,
    ...REPEATABLE_ERRORS,
    ...routes.flatMap(([, { errors }]) => errors),
  ])
  expect(Object.keys(ERROR_STATUS).filter((code) => !declared.has(code))).toEqual([])
})
