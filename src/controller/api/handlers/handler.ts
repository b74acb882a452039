import type * as z from 'zod/mini'
import type { Access, MachineKind } from '../../../protocol/api/access.ts'
import type { ParamsOf, Route, Schema } from '../../../protocol/api/route.ts'
import type { MachineIdentity, UserIdentity } from '../identity.ts'

/** Who can call a route with this access; null for anyone. */
type Caller<A extends Access> = A extends 'anyone' ? null : A extends MachineKind ? MachineIdentity : UserIdentity

/** An admitted request, with the parts that its route declares. */
export interface Asked<R extends Route> {
  identity: Caller<R['access'][number]>
  /** From which the client connects. */
  address: string
  params: ParamsOf<R['path']>
  query: R extends { query: infer Q extends Schema } ? z.output<Q> : unknown
  body: R extends { body: 'bytes' } ? Uint8Array : R extends { body: infer B extends Schema } ? z.output<B> : unknown
  /** Aborted when the client disconnects. */
  signal: AbortSignal
  /** Of the answer. */
  setHeader(name: string, value: string): void
}

type Answered = Route & { answer: Schema | 'page' }
/** What a handler returns; a page is its text. */
type Given<Answer> = Answer extends Schema ? z.input<Answer> : string

/** One function for each route with a JSON answer or a page; the compiler rejects a missing one. */
export type Handlers<Routes extends Record<string, Route>> = {
  [Id in keyof Routes as Routes[Id] extends Answered ? Id : never]: Routes[Id] extends Answered
    ? (asked: Asked<Routes[Id]>) => Given<Routes[Id]['answer']> | Promise<Given<Routes[Id]['answer']>>
    : never
}
