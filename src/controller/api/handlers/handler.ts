import type * as z from 'zod/mini'
import type { ParamsOf, Route, Schema } from '../../../protocol/api/route.ts'
import type { Identity } from '../identity.ts'

/** An admitted request, with the parts that its route declares. */
export interface Asked<R extends Route> {
  identity: Identity
  params: ParamsOf<R['path']>
  query: R extends { query: infer Q extends Schema } ? z.output<Q> : unknown
  body: R extends { body: infer B extends Schema } ? z.output<B> : unknown
  /** Aborted when the client disconnects. */
  signal: AbortSignal
}

type Answered = Route & { answer: Schema }

/** One function for each route with a JSON answer; the compiler rejects a missing one. */
export type Handlers<Routes extends Record<string, Route>> = {
  [Id in keyof Routes as Routes[Id] extends Answered ? Id : never]: Routes[Id] extends Answered
    ? (asked: Asked<Routes[Id]>) => z.input<Routes[Id]['answer']> | Promise<z.input<Routes[Id]['answer']>>
    : never
}
