import type { IncomingMessage, ServerResponse } from 'node:http'
import type * as z from 'zod/mini'
import { AgentError } from '../../base/agent-error.ts'
import type { CertificateRole } from '../../protocol/api/access.ts'
import { isDeeper } from '../../protocol/wire/json-depth.ts'
import type { Services } from '../services.ts'
import type { Identity } from './identity.ts'

/** One request and its answer. */
export interface Exchange {
  core: Services
  identity: Identity
  /** What the route's path captured, as it was sent. */
  captured: string
  query: URLSearchParams
  request: IncomingMessage
  response: ServerResponse
  /** Aborted when the other side has gone. */
  signal: AbortSignal
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** At most one group, which is captured. */
  path: RegExp
  roles: readonly CertificateRole[]
  handle(exchange: Exchange): void | Promise<void>
}

const DEFAULT_MAX_BODY_BYTES = 64 * 1024

export function reply(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

/** The body by its schema. Size and nesting are looked at before anything is built from it. */
export async function readBody<T extends z.core.$ZodType>(
  request: IncomingMessage,
  schema: T,
  maxBytes: number = DEFAULT_MAX_BODY_BYTES,
): Promise<z.core.output<T>> {
  const { safeParse } = await import('zod/mini')
  const text = await readText(request, maxBytes)
  if (isDeeper(text)) throw badRequest('request/too-deep', 'the body nests too deep')
  const parsed = safeParse(schema, parseJson(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw badRequest('request/invalid', `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is not valid'}`)
}

async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw badRequest('request/too-large', `the body has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badRequest('request/no-json', 'the body is not JSON', cause)
  }
}

export function badRequest(code: string, message: string, cause?: unknown): AgentError {
  return new AgentError(code, message, {
    fix: 'see that both sides have the same version',
    kind: 'invalid',
    cause,
  })
}

/** HTTP status of an error: 404 for what is unknown, 413 too large, 400 bad input, 403 refused, else 500. */
export function statusOf(error: unknown): number {
  if (!(error instanceof AgentError)) return 500
  if (error.code === 'request/too-large') return 413
  if (error.code.endsWith('/unknown')) return 404
  if (error.kind === 'invalid') return 400
  return error.kind === 'refused' ? 403 : 500
}

/** A whole number within bounds out of a query; `fallback` where it is absent or none. */
export function numberOf(query: URLSearchParams, name: string, fallback: number, max: number): number {
  const value = Number(query.get(name) ?? fallback)
  return Number.isSafeInteger(value) && value >= 0 ? Math.min(value, max) : fallback
}
