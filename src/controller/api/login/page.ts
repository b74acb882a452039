import type { FastifyReply } from 'fastify'
import type { ErrorReport } from '../../../base/agent-error.ts'
import type { ProblemDetails } from '../../../protocol/api/http/problem.ts'
import { oidcRoutes } from '../../../protocol/api/identities/logins.ts'
import { type Html, html } from '../reference/html.ts'
import { PAGE_HEADERS, page } from '../reference/style.ts'

export function sendPage(reply: FastifyReply, status: number, title: string, content: Html): FastifyReply {
  return notStored(reply)
    .code(status)
    .headers(PAGE_HEADERS)
    .serializer(String)
    .send(page(title, [], content))
}

/** `body`: of the error's answer. */
export function sendErrorPage(
  reply: FastifyReply,
  status: number,
  { code, fix, ...body }: ErrorReport | ProblemDetails,
): FastifyReply {
  const message = 'detail' in body ? body.detail : body.message
  return sendPage(
    reply,
    status,
    'You are not signed in',
    html`<p>${message} (<a href="/docs/errors#${code}">${code}</a>).</p><p>To fix it: ${fix}.</p>
<p><a href="${oidcRoutes.beginOidcLogin.path}">Sign in again</a></p>`,
  )
}

/** The address can have a code of the provider in it. */
export function notStored(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer')
}
