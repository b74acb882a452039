import * as z from 'zod/mini'
import type { Access } from './access.ts'
import type { ErrorCode } from './errors.ts'

/** A request of the HTTP API. The router, the clients, the OpenAPI document and the test of access all read this. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** A template: `{name}` is one segment; `{+name}`, only at the end, is the rest of the path with its slashes. */
  path: string
  /**
   * Who may call it: each of these. A permission is wanted in the project of the cluster or node that the path names (`/v1/clusters/{name}…`,
   * `/v1/nodes/{id}…`), and otherwise for everything.
   */
  access: readonly Access[]
  /** A permission in any project is enough. The handler shows and changes only what is in the client's projects. */
  inAnyProject?: true
  /** Also for a node whose certificate has expired, not too long ago. */
  admitsExpired?: true
  summary: string
  /** The path's variables; absent if any text is valid. A path that does not match is unknown. */
  params?: Schema
  /** All parameters are optional, and sent as text. */
  query?: Schema
  /** JSON, or `bytes`: a part of a file. */
  body?: Schema | 'bytes'
  /** Default 64 KiB. */
  maxBodyBytes?: number
  /**
   * The lists of a large body, with the most values of each. They are parsed and checked in slices, and other clients have their turn
   * between two of them.
   */
  slicedLists?: Readonly<Record<string, number>>
  /**
   * The JSON of the answer; `bytes`: a file, with support for ranges; `lines`: JSON values, one a line, as they are read;
   * `page`: HTML; `redirect`: of a browser, or the page at its end; `console`: a file of the web console, or a redirect to it;
   * `websocket`: the connection is upgraded.
   */
  answer: Schema | 'bytes' | 'lines' | 'page' | 'redirect' | 'console' | 'websocket'
  /** A field of the answer: the status is 202 while the field is absent, and 200 otherwise. */
  awaited?: string
  /**
   * With `Accept: text/event-stream`, such values are sent as they are stored (server-sent events). The id of a message is the `after`
   * with which the next ones are asked for.
   */
  streams?: Schema
  /**
   * About one cluster, or one node: an answer with a `revision` has an ETag, a GET may have If-None-Match, and any other request
   * If-Match.
   */
  versioned?: true
  /** May have an Idempotency-Key. Not where the answer has a secret that is shown once: answers are stored. */
  repeatable?: true
  /** Codes of its own errors; any route can also answer with those of COMMON_ERRORS. */
  errors: readonly ErrorCode[]
}

export type Schema = z.ZodMiniType

export const DEFAULT_MAX_BODY_BYTES = 64 * 1024

/** Values and names of a body that is parsed in one piece. */
export const MAX_BODY_VALUES = 40_000

/** Headers that some routes have, as their values must be. */
export const HEADER_PATTERNS = {
  /** RFC 9110: entity tags, or `*` for any. What is none of these matches nothing. */
  'If-Match': /^/,
  'If-None-Match': /^/,
  'Idempotency-Key': /^[!-~]{1,255}$/,
  /** The number of an event, or of an entry. */
  'Last-Event-ID': /^[0-9]{1,15}$/,
} as const
export type HeaderName = keyof typeof HEADER_PATTERNS

/** Those of a route. */
export function headersOf({ method, versioned, repeatable, streams }: Route): HeaderName[] {
  const tags = versioned ? [method === 'GET' ? ('If-None-Match' as const) : ('If-Match' as const)] : []
  return [...tags, ...(repeatable ? ['Idempotency-Key' as const] : []), ...(streams ? ['Last-Event-ID' as const] : [])]
}

type Variable<Name extends string> = Name extends `+${infer Rest}` ? Rest : Name

export type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [Key in Variable<Name>]: string } & ParamsOf<Rest>
  : unknown

/** What a caller passes: the path's variables, the query and the body, each only if the route has it. */
export type AskedOf<R extends Route> = (unknown extends ParamsOf<R['path']>
  ? { params?: never }
  : { params: ParamsOf<R['path']> }) &
  (R extends { query: infer Q extends Schema } ? { query?: z.input<Q> } : { query?: never }) &
  (R extends { body: 'bytes' }
    ? { body: Uint8Array }
    : R extends { body: infer B extends Schema }
      ? { body: z.input<B> }
      : { body?: never })

/** What a caller gets. */
export type AnswerOf<R extends Route> = R['answer'] extends infer A extends Schema ? z.output<A> : never

/** The path with its variables in place, and the query. */
export function pathOf<const R extends Pick<Route, 'path'>>(
  { path }: R,
  params?: ParamsOf<R['path']>,
  query: object = {},
): string {
  const values = (params ?? {}) as Readonly<Record<string, string>>
  const filled = path.replace(/\{(\+?)(\w+)\}/g, (_, plus: string, name: string) => {
    const value = values[name] ?? ''
    return plus === '' ? encodeURIComponent(value) : value.split('/').map(encodeURIComponent).join('/')
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? filled : `${filled}?${search}`
}

/** An integer; a value above `most` is reduced to `most`. */
export const whole = (most: number) =>
  z.pipe(
    z.coerce.number<number>().check(z.int(), z.minimum(0)),
    z.transform((value: number) => Math.min(value, most)),
  )

/** `1` means yes. */
export const Flag = z.optional(z.enum(['0', '1']))

const MAX_WAIT_MS = 30_000

/** How long the controller may hold the request until there is something to answer; at most 30 s. */
export const WaitMs = z.optional(whole(MAX_WAIT_MS))
