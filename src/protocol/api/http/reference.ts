import * as z from 'zod/mini'
import type { Route } from '../route.ts'
import { ERROR_REFERENCE } from './problem.ts'

/** The description of the API, for programs and for people. */
export const referenceRoutes = {
  showOpenapi: {
    method: 'GET',
    path: '/openapi.json',
    access: ['anyone'],
    summary: 'Returns this description of the API as an OpenAPI 3.1 document',
    answer: z.looseObject({ openapi: z.string() }),
    errors: [],
  },
  showReference: {
    method: 'GET',
    path: '/docs',
    access: ['anyone'],
    summary: 'Shows the description of the API as a page',
    answer: 'page',
    errors: [],
  },
  showErrors: {
    method: 'GET',
    path: ERROR_REFERENCE,
    access: ['anyone'],
    summary: 'Shows every error code as a page',
    answer: 'page',
    errors: [],
  },
} as const satisfies Record<string, Route>
