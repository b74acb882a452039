import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Route } from '../../../protocol/api/route.ts'
import type { Shares } from '../admission/shares.ts'
import { headersIn } from '../http/headers.ts'
import type { UserIdentity } from '../identity.ts'
import { whileAdmitted } from '../while-admitted.ts'

/** Answers a request for a stream. `admitted` throws once the client may no longer read it. */
export type SendStream = (request: FastifyRequest, reply: FastifyReply, admitted: () => Promise<void>) => Promise<void>

const HEADERS = {
  ...{ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
  'x-content-type-options': 'nosniff',
}

export const wantsStream = ({ headers }: FastifyRequest) => /\btext\/event-stream\b/i.test(headers.accept ?? '')

/** As the standard of server-sent events says. JSON contains no line break. */
export const messageOf = (id: number, value: unknown): string => `id: ${id}\ndata: ${JSON.stringify(value)}\n\n`

/** Resolves when the client has room for more, or has left. */
export async function written(out: ServerResponse, text: string): Promise<void> {
  if (out.destroyed || out.write(text)) return
  await new Promise<void>((resolve) => {
    const done = () => {
      out.off('drain', done).off('close', done)
      resolve()
    }
    out.on('drain', done).on('close', done)
  })
}

/** People and programs read streams. */
export function readerOf({ identity }: FastifyRequest): UserIdentity {
  if (identity?.kind !== 'user') throw new Error('only people and programs read events')
  return identity
}

/** The number after which the client wants what follows; undefined: only what is stored from now on. */
export function afterOf(route: Route, { headers, query }: FastifyRequest): number | undefined {
  const { 'Last-Event-ID': lastId } = headersIn(route, headers)
  return lastId === undefined ? (query as { after?: number }).after : Number(lastId)
}

/** Begins the answer, and ends it when the client is no longer admitted. `send` writes to it until the client has left. */
export async function sendStream(
  shares: Shares,
  { request, reply, admitted }: { request: FastifyRequest; reply: FastifyReply; admitted: () => Promise<void> },
  send: (out: ServerResponse) => Promise<void>,
): Promise<void> {
  reply.raw.once('close', shares.wait(readerOf(request), 'events'))
  reply.hijack()
  const out = reply.raw
  out.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...HEADERS })
  out.write('retry: 2000\n\n')
  await whileAdmitted(
    admitted,
    () => out.destroy(),
    () => send(out),
  ).catch(() => out.destroy())
}
