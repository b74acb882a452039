import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AgentError } from '../../../base/agent-error.ts'
import type { HasAudit, HasMeter, HasRefusals } from '../../ports.ts'
import { attemptOf } from '../admission/act-of.ts'
import { kindOf } from '../identity.ts'
import { sendErrorPage } from '../login/page.ts'
import { ownError } from '../request-parts.ts'
import { errorAnswer } from './error-answer.ts'
import type { openErrorLog } from './error-log.ts'
import { bodyWithId, REQUEST_ID } from './request-id.ts'

/** Refusals that end the connection: a client that goes on would cost as much as one that is admitted (ADR 62). */
const ENDING = ['limit/requests', 'limit/bytes', 'limit/connections']

type FailurePorts = HasRefusals &
  HasMeter &
  HasAudit & {
    note: ReturnType<typeof openErrorLog>
    /** This connection ends because its client takes too much. */
    onEnded(connection: Socket): void
  }

/** Every limit is over by then, or nearly: the message says which it is. */
const RETRY_AFTER_SECONDS = '5'

/** Answers with an error, and notes it. */
export function sendError(
  { note, refused, meter, audit, onEnded }: FailurePorts,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const error = ownError(thrown)
  const asker = { kind: kindOf(request.identity), accept: request.headers.accept }
  const { status, type, body } = errorAnswer(error, asker)
  if (status === 429 && error instanceof AgentError) refused(error.message, `refused requests: ${error.message}`)
  if (status < 500 && error instanceof AgentError) meter.refused(error.code)
  if (status >= 500) note(status, described(request), error)
  const attempt = attemptOf(request, status, body.code)
  if (attempt) audit.note(attempt)
  if (status === 429) reply.header('retry-after', RETRY_AFTER_SECONDS)
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  // The rest of the body is not read. And whatever a client without authentication tries costs a handshake, which is limited in rate.
  const isTooMuch = ENDING.includes(body.code)
  const isOver = !request.raw.complete || !request.identity || isTooMuch
  if (isOver) reply.header('connection', 'close')
  if (isTooMuch) onEnded(request.raw.socket)
  reply.header(REQUEST_ID, request.id)
  if (isLogin(request) && asker.accept?.includes('text/html')) return sendErrorPage(reply, status, body)
  return send(reply, status, bodyWithId({ type, body }, request.id), type)
}

/** Of a person in a browser. */
const isLogin = ({ routeOptions }: FastifyRequest) => routeOptions?.config.route?.answer === 'redirect'

function described(request: FastifyRequest) {
  const { id, method, url, routeOptions, identity, ip } = request
  const template = routeOptions?.url
  return {
    // The query of a login can have a code of the OIDC provider.
    ...{ method, url: isLogin(request) ? url.replace(/\?.*/, '') : url, id },
    ...(template !== undefined && { route: `${method} ${template}` }),
    ...(identity && { identity: `${identity.kind} ${identity.name}` }),
    address: identity?.address ?? ip,
  }
}

function send(reply: FastifyReply, status: number, body: unknown, type = 'application/json'): FastifyReply {
  return reply.code(status).header('content-type', type).serializer(JSON.stringify).send(body)
}
