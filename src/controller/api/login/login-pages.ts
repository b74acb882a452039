import type { TLSSocket } from 'node:tls'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONSOLE_PATH } from '../../../protocol/api/http/console.ts'
import { oidcRoutes } from '../../../protocol/api/identities/logins.ts'
import { requireOidc } from '../../access/oidc/oidc.ts'
import type { Services } from '../../services.ts'
import { cookieOf } from '../admission/authenticate.ts'
import { sourceOf } from '../admission/handshakes.ts'
import { sessionCookie } from '../handlers/people.ts'
import { addressOf } from '../identity.ts'
import { html } from '../reference/html.ts'
import { beginPersonSession } from './begin-session.ts'
import { notStored, sendPage } from './page.ts'

type SendPage = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

const COOKIE = '__Host-cantrip-login'
/** Lax: the provider sends the browser back from another site. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax'
const SECONDS = 600

export type LoginPage = 'beginOidcLogin' | 'completeOidcLogin'

/** The login with a browser. */
export function createLoginPages(core: Services, hasConsole: boolean): Record<LoginPage, SendPage> {
  return {
    async beginOidcLogin(request, reply) {
      const oidc = requireOidc(core)
      // The provider sends the browser back to this origin, and cookies of another one are not sent there.
      const here = new URL(oidc.origin())
      if (request.host !== here.host) {
        return notStored(reply).redirect(`${here.origin}${oidcRoutes.beginOidcLogin.path}`)
      }
      const { url, cookie } = await oidc.begin()
      return notStored(reply)
        .header('set-cookie', `${COOKIE}=${cookie}; ${ATTRIBUTES}; Max-Age=${SECONDS}`)
        .redirect(url)
    },
    async completeOidcLogin(request, reply) {
      const answer = new URL(request.url, 'https://controller').searchParams
      const address = addressOf(request.raw.socket as TLSSocket)
      const cookie = cookieOf(request.headers.cookie, COOKIE)
      const person = await requireOidc(core).complete(answer, cookie, sourceOf(address))
      const { session, secret } = await beginPersonSession(core, person, { kind: 'cookie', address })
      reply.header('set-cookie', [`${COOKIE}=; ${ATTRIBUTES}; Max-Age=0`, sessionCookie(secret)])
      // The page of the console needs no cookie, and what it asks for is sent from a page of this origin.
      if (hasConsole) return notStored(reply).redirect(CONSOLE_PATH)
      // Not a redirect: a browser sends a strict cookie only with what begins on a page of this origin.
      const content = html`<p>You are ${session.name}, until ${session.expiresAt} at the latest.</p>
<p><a href="/docs">The API of this controller</a></p>`
      return sendPage(reply, 200, 'You are signed in', content)
    },
  }
}
