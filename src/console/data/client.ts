import createClient, { type Middleware } from 'openapi-fetch'
import type { Paths } from './paths.ts'
import { asProblem, problemOf } from './problem.ts'

/** Requests to the controller from which this page came. */
export const api = createClient<Paths>({ baseUrl: '/', credentials: 'same-origin', pathSerializer })

/** A variable is one segment; `{+name}` is the rest of the path, with its slashes. */
function pathSerializer(path: string, values: Readonly<Record<string, unknown>>): string {
  return path.replaceAll(/\{(\+?)(\w+)\}/g, (_, plus: string, name: string) => {
    const value = String(values[name])
    return plus === '' ? encodeURIComponent(value) : value.split('/').map(encodeURIComponent).join('/')
  })
}

let csrf = ''

/** The controller accepts a change only with the token of the session, which pages of other sites cannot read. */
export function keepCsrf(token: string | undefined): void {
  csrf = token ?? ''
}

const withCsrf: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('x-csrf-token', csrf)
    return request
  },
}
api.use(withCsrf)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** What the controller answers. Throws a Problem. */
export async function answerOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked.catch((thrown: unknown) => {
    throw asProblem(thrown)
  })
  if (response.ok) return data as T
  throw problemOf(response.status, error)
}
