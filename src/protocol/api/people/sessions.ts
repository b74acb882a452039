import * as z from 'zod/mini'
import { Grant } from '../access.ts'
import type { Route } from '../route.ts'
import { AccountView, NewPassword } from './accounts.ts'

/** `Authorization: Bearer` for programs; a cookie for browsers. */
export const SESSION_COOKIE = '__Host-cantrip-session'
/** Of each request of a browser that changes something. The token is in the answer to the sign-in, and in that of showSession. */
export const CSRF_HEADER = 'x-csrf-token'

export const SessionView = z.object({
  id: z.string(),
  /**
   * Of the account; `oidc:` and a name at the OIDC provider; or `administrator:` or `token:` and the name of the certificate or API token
   * with which it ends.
   */
  name: z.string(),
  kind: z.enum(['cookie', 'token']),
  /** From which it began. */
  address: z.string(),
  /** Times are ISO 8601. */
  createdAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
})
export type SessionView = z.infer<typeof SessionView>

/** A session has begun. */
export const BegunSession = z.object({
  name: z.string(),
  grants: z.readonly(z.array(Grant)),
  expiresAt: z.iso.datetime(),
  /** Sent as `Authorization: Bearer`, if `kind` is `token`; shown only now. */
  token: z.optional(z.string()),
  /** For the header X-CSRF-Token, if `kind` is `cookie`. */
  csrf: z.optional(z.string()),
  /** PEM of the controller's CAs. */
  ca: z.string(),
})
export type BegunSession = z.infer<typeof BegunSession>

export const CurrentIdentity = z.object({
  kind: z.enum(['administrator', 'account', 'token']),
  name: z.string(),
  grants: z.readonly(z.array(Grant)),
  session: z.nullable(SessionView),
  csrf: z.optional(z.string()),
})
export type CurrentIdentity = z.infer<typeof CurrentIdentity>

/** Sessions of people in browsers and at the command line. */
export const sessionRoutes = {
  createSession: {
    method: 'POST',
    path: '/v1/sessions',
    access: ['anyone'],
    summary: 'Begins a session with the name and password of a local account',
    body: z.strictObject({
      name: z.string().check(z.maxLength(63)),
      password: z.string().check(z.maxLength(256)),
      kind: z._default(z.enum(['cookie', 'token']), 'cookie'),
    }),
    maxBodyBytes: 2_048,
    answer: BegunSession,
    errors: ['session/wrong-password', 'limit/logins'],
  },
  listSessions: {
    method: 'GET',
    path: '/v1/sessions',
    access: ['view'],
    inAnyProject: true,
    summary: 'Lists the sessions of the caller; for administrators: of everyone',
    answer: z.array(SessionView),
    errors: [],
  },
  endSession: {
    method: 'DELETE',
    path: '/v1/sessions/{id}',
    access: ['view'],
    inAnyProject: true,
    summary: 'Ends a session of the caller; for administrators: of anyone. `current`: the one of the request',
    answer: SessionView,
    errors: ['session/unknown'],
  },
  showSession: {
    method: 'GET',
    path: '/v1/session',
    access: ['view'],
    inAnyProject: true,
    summary: 'Returns who the caller is, and the CSRF token of a browser',
    answer: CurrentIdentity,
    errors: [],
  },
  changePassword: {
    method: 'POST',
    path: '/v1/session/password',
    access: ['view'],
    inAnyProject: true,
    summary:
      'Changes the password of the account that is signed in; its session gets another secret, and its other sessions end',
    body: z.strictObject({ present: z.string().check(z.maxLength(256)), password: NewPassword }),
    maxBodyBytes: 2_048,
    answer: z.object({ ...AccountView.shape, ...z.pick(BegunSession, { token: true, csrf: true }).shape }),
    errors: ['password/wrong', 'password/none', 'session/unknown', 'limit/logins'],
  },
} as const satisfies Record<string, Route>
