import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { CSRF_HEADER, SESSION_COOKIE } from '../../../protocol/api/people/sessions.ts'
import type { Route } from '../../../protocol/api/route.ts'
import { csrfOf, hashOf, isSame, secretKind } from '../../access/people/secret.ts'
import { admitSession } from '../../access/people/sessions.ts'
import { admitToken } from '../../access/people/tokens.ts'
import { refusal } from '../../domain/admission.ts'
import { principalOf } from '../../domain/identities/session-holder.ts'
import type { Services } from '../../services.ts'
import { addressOf, type Identity, identify, type Principal, type UserIdentity } from '../identity.ts'
import { isUnsafe, requireSameOrigin } from './same-origin.ts'

/**
 * Who sends the request: by the client certificate, `Authorization: Bearer` or the cookie of a session. Whether the route admits
 * them is a question for admit.ts. `isUse`: whether it counts as a use of a token or session.
 */
export async function authenticate(
  ports: Services,
  request: IncomingMessage,
  { isUse, route }: { isUse: boolean; route: Pick<Route, 'admitsExpired'> | undefined },
): Promise<Identity> {
  const { socket, headers } = request
  const lateMs = route?.admitsExpired ? ports.lateRenewalMs : 0
  const certified = identify(socket as TLSSocket, ports.now(), lateMs)
  if (certified) {
    // A browser sends a certificate with requests of any page.
    if (certified.kind === 'user') requireSameOrigin(request)
    return certified
  }
  const [, bearer] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  const address = addressOf(socket as TLSSocket)
  if (bearer !== undefined) {
    const kind = secretKind(bearer)
    if (kind === 'token') return withToken(ports, bearer, address, isUse)
    if (kind === 'session') return withSession(ports, { secret: bearer, kind: 'token' }, address, isUse)
    throw refusal('token/invalid', 'found no API token of this controller', 'send Authorization: Bearer cantrip_…')
  }
  const secret = cookieOf(headers.cookie, SESSION_COOKIE)
  if (secret !== undefined) {
    requireSameOrigin(request)
    const identity = await withSession(ports, { secret, kind: 'cookie' }, address, isUse)
    if (isUnsafe(request)) requireCsrf(request, identity)
    return identity
  }
  const fix = 'sign in: controller login; or send an API token, or use a client certificate'
  throw refusal('identity/none', 'the request has no client certificate, API token or session', fix)
}

async function withToken(ports: Services, secret: string, address: string, isUse: boolean): Promise<UserIdentity> {
  const { token, grants } = await admitToken(ports, hashOf(secret), isUse)
  const { name, hash, issuedBy } = token
  const principal = { kind: 'token', name } as const
  const holder = { ...principal, id: hash }
  return { kind: 'user', principal, name: nameOf(principal), grants, holder, address, creator: issuedBy }
}

/** A secret is accepted only in the way for which it was given. */
async function withSession(
  ports: Services,
  { secret, kind }: { secret: string; kind: 'cookie' | 'token' },
  address: string,
  isUse: boolean,
): Promise<UserIdentity> {
  const { session, ...rights } = await admitSession(ports, secret, isUse)
  if (session.kind !== kind) throw refusal('session/ended', 'the session is of another kind', 'sign in again')
  const principal = principalOf(session)
  const csrf = kind === 'cookie' ? { csrf: csrfOf(secret) } : {}
  const { holder } = session
  return { kind: 'user', principal, name: nameOf(principal), ...rights, holder, address, session, ...csrf }
}

const nameOf = ({ kind, name }: Principal) => (kind === 'token' ? `token ${name}` : name)

function requireCsrf({ headers }: IncomingMessage, { csrf = '' }: UserIdentity): void {
  const found = headers[CSRF_HEADER]
  if (typeof found === 'string' && isSame(found, csrf)) return
  const fix = `send the header ${CSRF_HEADER} with the csrf value of GET /v1/session`
  throw refusal('session/csrf', `the request has no valid ${CSRF_HEADER} header`, fix)
}

/** Undefined if there is none, or several: another site may have set one of them. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const all = header?.split(';').map((each) => each.trim()) ?? []
  const [own, ...others] = all.filter((each) => each.startsWith(`${name}=`))
  return others.length > 0 ? undefined : own?.slice(name.length + 1)
}
