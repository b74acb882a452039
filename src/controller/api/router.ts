import type { RequestListener } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import * as z from 'zod/mini'
import { AgentError } from '../../base/agent-error.ts'
import { version } from '../../base/version.ts'
import { DEFAULT_MAX_BODY_BYTES, type Route } from '../../protocol/api/route.ts'
import { ROUTES } from '../../protocol/api/routes.ts'
import { recorded } from '../audit/recorded.ts'
import type { Services } from '../services.ts'
import { actOf } from './admission/act-of.ts'
import { admit } from './admission/admit.ts'
import { authenticate } from './admission/authenticate.ts'
import type { BeginDownload } from './admission/downloads.ts'
import { sourceOf } from './admission/handshakes.ts'
import { isUnsafe, requireSameOrigin } from './admission/same-origin.ts'
import type { Shares } from './admission/shares.ts'
import type { ConsoleFiles } from './console/files.ts'
import { createConsole } from './console/send.ts'
import { sendAgentFile } from './downloads/agent-route.ts'
import { sendBundleFile } from './downloads/bundle-route.ts'
import { sendImageFile } from './downloads/image-route.ts'
import { createJoinRoutes } from './downloads/join-route.ts'
import { openErrorLog } from './errors/error-log.ts'
import { refuse } from './errors/raw-answer.ts'
import { REQUEST_ID, requestIdOf } from './errors/request-id.ts'
import { sendError } from './errors/send-error.ts'
import { createAuditStream } from './event-stream/audit-stream.ts'
import { type SendStream, wantsStream } from './event-stream/send-stream.ts'
import { createEventStream } from './event-stream/stream.ts'
import { referenceHandlers } from './handlers/reference.ts'
import { createAnswer, type Handle, type HandlerOf } from './http/answer.ts'
import { handlersByRoute } from './http/handlers-by-route.ts'
import { openRepeats } from './http/repeats.ts'
import { clientOf, type Identity, identify } from './identity.ts'
import { createLoginPages, type LoginPage } from './login/login-pages.ts'
import { readInSlices } from './read-in-slices.ts'
import { createRecordsRoute } from './records-route.ts'
import {
  bodyBytes,
  brokenRequest,
  compileSchema,
  methodsAt,
  parseBody,
  refuseSecretIn,
  unknownPath,
  wrongMethod,
} from './request-parts.ts'

declare module 'fastify' {
  interface FastifyRequest {
    identity: Identity | null
  }
  interface FastifyContextConfig {
    route?: Route
    /** Of the route. */
    id?: string
  }
}

/** What the clients of the API take. */
export interface Admission {
  shares: Shares
  /** Of nodes, and of machines with a join command. */
  beginDownload: { ofNode: BeginDownload; ofJoin: BeginDownload }
  /** The client of this connection has authenticated. Throws `limit/connections`. */
  onAuthenticated(connection: Socket, identity: Identity): void
  /** This connection ends because its client takes too much. */
  onEnded(connection: Socket): void
}

/**
 * For every request: identifies the client, counts what it takes, finds the route, checks access, calls the handler, and
 * validates its answer.
 */
export async function createRouter(
  core: Services,
  { shares, beginDownload, onAuthenticated, onEnded }: Admission,
  consoleFiles: ConsoleFiles,
  listenOn: (listener: RequestListener) => Server,
): Promise<Server> {
  const logs = { note: openErrorLog(core), refused: core.refused, meter: core.meter, audit: core.audit, onEnded }
  const app = fastify({
    https: {},
    serverFactory: listenOn,
    bodyLimit: DEFAULT_MAX_BODY_BYTES,
    clientErrorHandler: (error, socket) => {
      const code = 'code' in error ? String(error.code) : ''
      // Before the end of the handshake nothing can be answered.
      if (socket.writable && /^(HPE|ERR_HTTP)_/.test(code)) refuse(socket, brokenRequest(code), {})
      else socket.destroy()
    },
    routerOptions: { maxParamLength: 2_048 },
    requestIdHeader: false,
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) => sendError(logs, error, request, reply),
  })
  app.decorateRequest('identity', null)
  const permit = async ({ identity, routeOptions: { config }, params }: FastifyRequest) => {
    if (identity && config.route) await admit(core, identity, config.route, params as Record<string, string>)
  }
  /** Asks again, at this moment. `isUse`: see authenticate. */
  const checkAccess = async (request: FastifyRequest, isUse = false) => {
    const { route } = request.routeOptions.config
    if (request.identity) request.identity = await authenticate(core, request.raw, { isUse, route })
    await permit(request)
  }
  app.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID, request.id)
    const { routeOptions, raw } = request
    const bytes = bodyBytes(request.headers, routeOptions.bodyLimit ?? DEFAULT_MAX_BODY_BYTES)
    refuseSecretIn(request.url)
    if (routeOptions.config.route?.access.includes('anyone')) {
      // A certificate that has expired is good for one route only, which is not one of these.
      if (!(raw.socket as TLSSocket).authorized) identify(raw.socket as TLSSocket, core.now())
      if (isUnsafe(raw)) requireSameOrigin(raw)
      const anonymous = { kind: 'anonymous', name: sourceOf(raw.socket.remoteAddress) } as const
      shares.request(clientOf(raw.socket as TLSSocket, core.now()) ?? anonymous, bytes)
      return
    }
    request.identity = await authenticate(core, raw, { isUse: true, route: routeOptions.config.route })
    onAuthenticated(raw.socket, request.identity)
    // What is not parsed costs little time, but memory until it has arrived.
    const isUpload = routeOptions.config.route?.body === 'bytes'
    shares.request(request.identity, isUpload ? 0 : bytes)
    if (raw.method !== 'GET' && raw.method !== 'HEAD') shares.change(request.identity)
    if (request.is404) refuseUnknown(request, reply)
    await permit(request)
    if (isUpload) reply.raw.once('close', shares.upload(request.identity))
  })
  app.addHook('onResponse', async ({ method, routeOptions, is404 }, { statusCode, elapsedTime }) => {
    const route = is404 ? 'unknown' : (routeOptions.url ?? 'unknown')
    core.meter.request({ method: is404 ? 'any' : method, route, status: statusCode, seconds: elapsedTime / 1_000 })
  })
  // A body takes as long as its client wants, who may have been revoked meanwhile.
  app.addHook('preHandler', async (request) => {
    if (request.body !== undefined) await checkAccess(request)
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) => {
    const { body, slicedLists } = request.routeOptions.config.route ?? {}
    if (body === undefined || body === 'bytes') return body && bytes
    return slicedLists ? readInSlices(bytes, body, slicedLists) : parseBody(bytes.toString())
  })
  app.setValidatorCompiler(compileSchema)
  app.setErrorHandler((error, request, reply) => sendError(logs, error, request, reply))
  const sendRecords = createRecordsRoute(core)
  const streams: Record<string, SendStream> = {
    listEvents: createEventStream(core, shares),
    listAudit: createAuditStream(core, shares),
  }
  const alike: Record<string, unknown> = referenceHandlers(version.version)
  const own = handlersByRoute(core, shares)
  const handlerOf: HandlerOf = (id, services, request) =>
    (alike[id] as Handle | undefined) ?? own(id, services, request)
  const answer = createAnswer({ core, shares, repeats: openRepeats(core), handlerOf, isAlike: (id) => id in alike })
  const join = createJoinRoutes(core, beginDownload.ofJoin)
  const files: Record<string, Send> = {
    fetchBundleFile: (request, reply) =>
      sendBundleFile(core, { begin: beginDownload.ofNode, admitted: () => checkAccess(request) }, request, reply),
    fetchImage: (request, reply) =>
      sendImageFile(core, { begin: beginDownload.ofNode, admitted: () => checkAccess(request) }, request, reply),
    fetchAgent: (request, reply) =>
      sendAgentFile(core, { begin: beginDownload.ofNode, admitted: () => checkAccess(request) }, request, reply),
    fetchJoinCredentials: join.sendCredentials,
    fetchJoinAgent: join.sendAgent,
    ...createConsole(consoleFiles),
  }
  for (const [id, route] of Object.entries<Route>(ROUTES)) {
    if (route.answer === 'websocket') continue
    const { method, path, params, query, slicedLists, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = route
    // A body that is read in slices is checked meanwhile.
    const json = route.body === 'bytes' ? undefined : route.body
    const body = slicedLists ? z.looseObject({}) : json
    app.route({
      method,
      url: path.replace(/\{\+\w+\}/, '*').replaceAll(/\{(\w+)\}/g, ':$1'),
      schema: { ...(params && { params }), ...(query && { querystring: query }), ...(body && { body }) },
      bodyLimit: maxBodyBytes,
      config: { route, id },
      preValidation: async (request) => nameRest(path, request),
      handler:
        route.answer === 'bytes' || route.answer === 'console'
          ? (files[id] as Send)
          : route.answer === 'lines'
            ? (request, reply) => sendRecords(reply, () => checkAccess(request), actOf(request))
            : route.answer === 'redirect'
              ? (request, reply) =>
                  createLoginPages(recorded(core, actOf(request)), consoleFiles.size > 0)[id as LoginPage](
                    request,
                    reply,
                  )
              : (request, reply) =>
                  route.streams && wantsStream(request)
                    ? (streams[id] as SendStream)(request, reply, () => checkAccess(request, true))
                    : answer(id, route, () => checkAccess(request), request, reply),
    })
  }
  await app.ready()
  return app.server
}

type Send = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

function refuseUnknown({ method, url }: FastifyRequest, reply: FastifyReply): never {
  const path = url.split('?', 1)[0] ?? ''
  const allowed = methodsAt(Object.values(ROUTES), path)
  if (allowed.length === 0) throw unknownPath(`${method} ${path}`)
  reply.header('allow', allowed.join(', '))
  const isWebsocket = Object.values<Route>(ROUTES).some((each) => each.path === path && each.answer === 'websocket')
  if (isWebsocket && allowed.includes(method)) {
    const fix = 'use the same version of agent and controller'
    throw new AgentError('protocol/no-upgrade', 'wanted an upgrade to a websocket', { fix, kind: 'invalid' })
  }
  throw wrongMethod(method, allowed)
}

/** Names the rest of the path as in the template: fastify calls it `*`. */
function nameRest(path: string, request: FastifyRequest): void {
  const [, name] = /\{\+(\w+)\}/.exec(path) ?? []
  const { '*': rest, ...others } = request.params as Record<string, string>
  if (name !== undefined) request.params = { ...others, [name]: rest }
}
