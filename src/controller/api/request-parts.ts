import type { IncomingHttpHeaders } from 'node:http'
import type { FastifySchemaCompiler } from 'fastify'
import type * as z from 'zod/mini'
import english from 'zod/v4/locales/en.js'
import { AgentError } from '../../base/agent-error.ts'
import type { ErrorCode } from '../../protocol/api/errors.ts'
import { MAX_BODY_VALUES, type Route, type Schema } from '../../protocol/api/route.ts'
import { hasMoreValues, isDeeper } from '../../protocol/wire/messages/json-depth.ts'

/** How many bytes the body of a request has at most; it is not read yet. */
export function bodyBytes(headers: IncomingHttpHeaders, limit: number): number {
  if (headers['transfer-encoding'] !== undefined) return limit
  return Math.min(Number(headers['content-length'] ?? 0), limit)
}

export function badRequest(code: ErrorCode, message: string, cause?: unknown): AgentError {
  const fix = 'send what /docs of the controller describes; for programs of Cantrip: use the same version on both sides'
  return new AgentError(code, message, { fix, kind: 'invalid', cause })
}

/** URLs are logged by proxies, and kept by browsers. */
export function refuseSecretIn(url: string): void {
  if (!/cantrip(?:-session|-code)?_[\w-]{20}/.test(url)) return
  const fix = 'send it in the header: Authorization: Bearer …; and revoke this one, because URLs are logged'
  throw new AgentError('request/secret-in-url', 'found a token in the URL', { fix, kind: 'invalid' })
}

const { localeError: error } = english()
const MOST_LETTERS = 500

/** The nesting is checked before the text is parsed. */
export function parseBody(text: string): unknown {
  if (isDeeper(text)) throw tooDeep()
  if (hasMoreValues(text, MAX_BODY_VALUES))
    throw badRequest('request/too-large', `the body has more than ${MAX_BODY_VALUES} values`)
  return parseJson(text)
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notJson(cause)
  }
}

export const notJson = (cause?: unknown) => badRequest('request/no-json', 'the body is not JSON', cause)
export const tooDeep = () => badRequest('request/too-deep', 'the body is nested too deeply')
export const tooLarge = (cause?: unknown) => badRequest('request/too-large', 'the body is too large', cause)

/** Validates parameters, query and body with the schemas of the route. A path with invalid variables is unknown. */
export const compileSchema: FastifySchemaCompiler<Schema> = ({ schema, httpPart }) => {
  return (data: unknown) => {
    const parsed = schema.safeParse(data, { error })
    if (parsed.success) return { value: parsed.data }
    if (httpPart === 'params') return { error: unknownPath('with such variables') }
    if (data === undefined || data === null) return { error: badRequest('request/no-json', 'the request has no body') }
    return { error: invalid(parsed.error.issues[0], httpPart === 'body' ? 'the body' : 'the query') }
  }
}

type Issue = { code: string; path: readonly PropertyKey[]; message: string }

function invalid(issue: Issue | undefined, part: string): AgentError {
  // A check that the schema of the API cannot express.
  const code = issue?.code === 'custom' ? 'request/unusable' : 'request/invalid'
  const found = `${issue?.path.join('.') || part}: ${issue?.message ?? 'is not valid'}`
  return badRequest(code, found.slice(0, MOST_LETTERS))
}

/** A body, or a part of it; `placeOf`: where the whole body has what the part has at this path. */
export function checkBody<T>(
  schema: z.ZodMiniType<T>,
  data: unknown,
  placeOf: (path: readonly PropertyKey[]) => readonly PropertyKey[] = (path) => path,
): T {
  const parsed = schema.safeParse(data, { error })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(issue && { ...issue, path: placeOf(issue.path) }, 'the body')
}

/** Of the routes at a path, by their templates. */
export function methodsAt(routes: readonly Pick<Route, 'method' | 'path'>[], path: string): string[] {
  const found = routes.filter((route) => {
    const literal = route.path
      .replaceAll(/[.$()|*]/g, '\\$&')
      .replaceAll(/\{\+\w+\}/g, '.+')
      .replaceAll(/\{\w+\}/g, '[^/]+')
    return new RegExp(`^${literal}$`).test(path)
  })
  return [...new Set(found.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}

/** An error of the HTTP parser, before there is a request. */
export function brokenRequest(code: string | undefined): AgentError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return badRequest('request/headers-too-large', 'the headers of the request are too large')
  return badRequest('request/no-http', 'the request is not HTTP/1.1, or did not arrive in time')
}

export function wrongMethod(method: string, allowed: readonly string[]): AgentError {
  return badRequest('path/wrong-method', `this path has no ${method}; it has ${allowed.join(', ')}`)
}

export function unknownPath(what: string): AgentError {
  return badRequest('path/unknown', `unknown path: ${what.slice(0, 200)}`)
}

/** Maps errors of fastify to codes of the API. */
export function ownError(error: unknown): unknown {
  if (error instanceof AgentError || !(error instanceof Error) || !('code' in error)) return error
  const { code } = error
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(error)
  // Of node:http: the client went away before its body was complete.
  if (code === 'ECONNRESET' && error.message === 'aborted') return brokenRequest(undefined)
  const isRefused = 'statusCode' in error && Number(error.statusCode) >= 400 && Number(error.statusCode) < 500
  return isRefused && String(code).startsWith('FST_') ? badRequest('request/invalid', error.message, error) : error
}
