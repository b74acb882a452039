import * as z from 'zod/mini'
import type { CertificateRole } from './access.ts'
import type { ErrorCode } from './errors.ts'

/** One declared request of the HTTP interface. Router, clients, OpenAPI document and the test of access all read this. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** A template: `{name}` is one segment of the path; `{+name}`, which comes last, is the rest of it, slashes included. */
  path: string
  /** Which client certificates may call it. */
  access: readonly CertificateRole[]
  summary: string
  /** Of the path's variables, where not any text will do. A path that does not fit is unknown. */
  params?: Schema
  /** All of it optional; every value travels as text. */
  query?: Schema
  body?: Schema
  /** Default 64 KiB. */
  maxBodyBytes?: number
  /** The JSON that it answers with; `bytes`: a file, in ranges where asked for; `websocket`: the connection is upgraded. */
  answer: Schema | 'bytes' | 'websocket'
  /** A field of the answer: its status is 202 while this is missing, and 200 once it is there. */
  awaited?: string
  /** Codes of the errors that are particular to it; those of COMMON_ERRORS can meet every caller. */
  errors: readonly ErrorCode[]
}

export type Schema = z.ZodMiniType

export const DEFAULT_MAX_BODY_BYTES = 64 * 1024

type Variable<Name extends string> = Name extends `+${infer Rest}` ? Rest : Name

export type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [Key in Variable<Name>]: string } & ParamsOf<Rest>
  : unknown

/** What a caller gives: the path's variables, the query and the body, each only where the route has it. */
export type AskedOf<R extends Route> = (unknown extends ParamsOf<R['path']>
  ? { params?: never }
  : { params: ParamsOf<R['path']> }) &
  (R extends { query: infer Q extends Schema } ? { query?: z.input<Q> } : { query?: never }) &
  (R extends { body: infer B extends Schema } ? { body: z.input<B> } : { body?: never })

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

/** A whole number; one above `most` counts as `most`. */
export const whole = (most: number) =>
  z.pipe(
    z.coerce.number<number>().check(z.int(), z.minimum(0)),
    z.transform((value: number) => Math.min(value, most)),
  )

/** `1` says yes. */
export const Flag = z.optional(z.enum(['0', '1']))

export const MAX_WAIT_MS = 30_000

/** How long the controller may keep the request open until there is something to answer; at most 30 s. */
export const WaitMs = z.optional(whole(MAX_WAIT_MS))
