import * as z from 'zod/mini'
import { BegunSession } from '../people/sessions.ts'
import type { Route } from '../route.ts'

export const LoginCode = z.object({
  /** For `signInWithSecret`, once. */
  code: z.string(),
  /** The page of the web console that signs in with the code, which is no part of what a browser sends for the page. */
  url: z.string(),
  /** As whom. */
  name: z.string(),
  expiresAt: z.iso.datetime(),
})
export type LoginCode = z.infer<typeof LoginCode>

/** How browsers sign in besides a password and the OIDC provider. */
export const loginRoutes = {
  showLoginOptions: {
    method: 'GET',
    path: '/v1/login',
    access: ['anyone'],
    summary: 'Returns how people can sign in, besides a local account or an API token',
    answer: z.object({ oidc: z.boolean() }),
    errors: [],
  },
  signInWithSecret: {
    method: 'POST',
    path: '/v1/login/token',
    access: ['anyone'],
    summary:
      'Begins a session of a browser with an API token, whose roles it has and with which it ends, or with a login code',
    body: z.strictObject({ token: z.string().check(z.maxLength(64)) }),
    maxBodyBytes: 1_024,
    answer: BegunSession,
    errors: ['login/lapsed'],
  },
  createLoginCode: {
    method: 'POST',
    path: '/v1/login/codes',
    access: ['view'],
    inAnyProject: true,
    summary:
      'Creates a code with which a browser signs in as the caller, once and within 5 minutes; it is shown only now',
    body: z.strictObject({
      /** A local account, for administrators. */
      person: z.optional(z.string().check(z.maxLength(63))),
    }),
    answer: LoginCode,
    errors: ['account/unknown', 'console/none'],
  },
} as const satisfies Record<string, Route>
