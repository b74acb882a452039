import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { AgentError } from '../../base/agent-error.ts'
import type { Services } from '../services.ts'
import { adminRoutes } from './admin-routes.ts'
import { agentRoutes } from './agent-routes.ts'
import { bundleRoute } from './bundle-route.ts'
import { errorAnswer } from './error-answer.ts'
import { type Route, reply } from './exchange.ts'
import { admit, identify } from './identity.ts'

const ROUTES: readonly Route[] = [...agentRoutes, bundleRoute, ...adminRoutes]

/** Every request: who is it, which route, may it, then the route. */
export function createHandler(core: Services): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      await answer(core, request, response)
    } catch (error) {
      fail(core, error, request, response)
    }
  }
}

async function answer(core: Services, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const identity = identify(request.socket as TLSSocket, core.now())
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  const found = match(request.method ?? '', path)
  if (!found) {
    const fix = 'see that both sides have the same version'
    throw new AgentError('path/unknown', `there is no ${request.method} ${path.slice(0, 200)}`, {
      fix,
      kind: 'invalid',
    })
  }
  await admit(core, identity, found.route.roles)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { route, captured } = found
  const exchange = {
    core,
    identity,
    captured,
    query: new URLSearchParams(query),
    request,
    response,
    signal: gone.signal,
  }
  await route.handle(exchange)
}

function match(method: string, path: string): { route: Route; captured: string } | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method
  for (const route of ROUTES) {
    const found = route.method === wanted ? route.path.exec(path) : null
    if (found) return { route, captured: found[1] ?? '' }
  }
  return undefined
}

function fail(core: Services, error: unknown, request: IncomingMessage, response: ServerResponse): void {
  // A client that went away in the middle of an answer.
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const { status, type, body } = errorAnswer(error, request.headers.accept)
  if (status === 500) core.log(`${request.method} ${request.url}: ${error instanceof Error ? error.stack : error}`)
  // What is left of the body is not read.
  if (!request.complete) response.setHeader('connection', 'close')
  reply(response, status, body, type)
}
