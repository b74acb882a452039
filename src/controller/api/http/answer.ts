import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Route, Schema } from '../../../protocol/api/route.ts'
import type { Services } from '../../services.ts'
import type { Shares } from '../admission/shares.ts'
import { addressOf, type Identity } from '../identity.ts'
import { PAGE_HEADERS } from '../reference/style.ts'
import { whileAdmitted } from '../while-admitted.ts'
import { entityTag, isNoneOf } from './entity-tags.ts'
import { headersIn } from './headers.ts'
import { preconditionOf } from './precondition.ts'
import type { Answered, openRepeats, Repeatable } from './repeats.ts'

export type Handle = (asked: object) => unknown
/** The handler of a route, for one request. */
export type HandlerOf = (id: string, services: Services, request: FastifyRequest) => Handle

export interface Answering {
  core: Services
  shares: Shares
  repeats: ReturnType<typeof openRepeats>
  handlerOf: HandlerOf
  /** Whether everybody gets the same answer, always. */
  isAlike(id: string): boolean
}

/** Answers with what the handler of the route returns, in the form that the route declares. */
export function createAnswer({ core, shares, repeats, handlerOf, isAlike }: Answering) {
  /** By route. Clients without authentication ask for these: they cost no more than their bytes. */
  const written = new Map<string, Buffer>()
  return async (
    id: string,
    route: Route,
    admitted: () => Promise<void>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const { identity, params, query, body, method, url, headers } = request
    const disconnected = new AbortController()
    reply.raw.once('close', () => disconnected.abort())
    if (identity && isWaiting(query)) {
      // All machines that install a node share an identity, and each waits for its own approval.
      const { fingerprint } = params as { fingerprint?: string }
      reply.raw.once('close', shares.wait(identity, fingerprint))
    }
    const asked = {
      ...{ identity, params, query, body, signal: disconnected.signal },
      address: addressOf(request.raw.socket),
      setHeader: (name: string, value: string) => void reply.header(name, value),
    }
    const ask = (handle: Handle) =>
      whileAdmitted(
        admitted,
        () => disconnected.abort(),
        async () => handle(asked),
      )
    if (isAlike(id)) {
      const text = written.get(id) ?? textOf(route, await ask(handlerOf(id, core, request)))
      written.set(id, text)
      return reply.headers(route.answer === 'page' ? PAGE_HEADERS : JSON_HEADERS).send(text)
    }
    const { 'If-Match': ifMatch, 'Idempotency-Key': key } = headersIn(route, headers)
    const own = ifMatch === undefined ? {} : { precondition: preconditionOf(ifMatch, (params as { id?: string }).id) }
    const answer = async (services: Partial<Services>): Promise<Answered> => {
      // What is replaced in `core` later is replaced here too.
      const handle = handlerOf(id, Object.assign(Object.create(core), services), request)
      // An invalid answer is a bug: it is logged, and the status is 500.
      const valid = (route.answer as Schema).parse(await ask(handle)) as Record<string, unknown>
      const isPending = route.awaited !== undefined && valid[route.awaited] === undefined
      return { status: isPending ? 202 : 200, body: selected(valid, query) }
    }
    // A report has megabytes, and no key: written as text again, it would stop all others.
    const repeatable = (given: string): Repeatable => ({
      ...{ ...ownerOf(identity), key: given, request: `${method} ${url}\n${JSON.stringify(body)}` },
    })
    const answered =
      key === undefined ? await answer(own) : await repeats(repeatable(key), (store) => answer({ ...own, store }))
    return send(route, answered, request, reply)
  }
}

const JSON_HEADERS = { 'content-type': 'application/json' }
const textOf = ({ answer }: Route, given: unknown) =>
  Buffer.from(answer === 'page' ? String(given) : JSON.stringify((answer as Schema).parse(given)))

function ownerOf(identity: Identity | null): Pick<Repeatable, 'owner' | 'rights'> {
  if (!identity) return { owner: '', rights: '' }
  if (identity.kind !== 'user') return { owner: `${identity.kind} ${identity.name}`, rights: '' }
  return { owner: `${identity.principal.kind} ${identity.name}`, rights: JSON.stringify(identity.grants) }
}

const isWaiting = (query: unknown) => Number((query as { waitMs?: number } | undefined)?.waitMs ?? 0) > 0

/** The items of a page, with the `fields` that were asked for. */
function selected(page: Record<string, unknown>, query: unknown): Record<string, unknown> {
  const { fields } = (query ?? {}) as { fields?: string }
  if (fields === undefined || !Array.isArray(page.items)) return page
  const wanted = fields.split(',')
  const items = page.items.map((item) => Object.fromEntries(wanted.map((field) => [field, item[field]])))
  return { ...page, items }
}

function send(route: Route, { status, body }: Answered, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const text = JSON.stringify(body)
  const { revision } = body as { revision?: unknown }
  if (route.versioned && typeof revision === 'string') {
    const tag = entityTag(revision, text)
    reply.header('etag', tag)
    const unless = request.headers['if-none-match']
    if (route.method === 'GET' && unless !== undefined && !isNoneOf(unless, tag)) return reply.code(304).send()
  }
  return reply.code(status).header('content-type', 'application/json').send(Buffer.from(text))
}
