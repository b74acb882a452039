import type * as z from 'zod/mini'
import type { ProblemDetails } from '../../protocol/api/http/problem.ts'
import type { AnswerOf, ParamsOf, Route, Schema } from '../../protocol/api/route.ts'
import type { ROUTES } from '../../protocol/api/routes.ts'

/** The API as openapi-fetch wants it: by path, then by method. Derived from the table from which openapi.json is made. */
export type Paths = {
  [P in Routes['path']]: { [R in Extract<Routes, { path: P }> as Lowercase<R['method']>]: Operation<R> }
}

type Routes = (typeof ROUTES)[keyof typeof ROUTES]

type Operation<R extends Route> = Asked<R> & Body<R>

type Body<R extends Route> = R extends { body: infer B extends Schema }
  ? { requestBody: { content: { 'application/json': z.input<B> } } }
  : { requestBody?: never }

interface Asked<R extends Route> {
  parameters: (unknown extends ParamsOf<R['path']> ? { path?: never } : { path: ParamsOf<R['path']> }) &
    (R extends { query: infer Q extends Schema } ? { query?: z.input<Q> } : { query?: never })
  responses: {
    200: { content: { 'application/json': Plain<AnswerOf<R>> } }
    default: { content: { 'application/problem+json': ProblemDetails } }
  }
}

/** openapi-fetch takes lists that cannot be changed for objects, and maps their methods. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [K in keyof T]: Plain<T[K]> }
    : T
