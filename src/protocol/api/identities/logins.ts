import * as z from 'zod/mini'
import { BegunSession } from '../people/sessions.ts'
import type { Route } from '../route.ts'

/** The person opens `url` on any machine, and enters `userCode`. */
export const DeviceLogin = z.object({
  /** For `completeDeviceLogin`. Whoever has it gets the session. */
  login: z.string(),
  userCode: z.string(),
  url: z.url(),
  /** The URL with the code in it; absent if the provider has none. */
  completeUrl: z.optional(z.url()),
  /** How long to wait between two requests for the session. */
  intervalSeconds: z.number(),
  expiresAt: z.iso.datetime(),
})
export type DeviceLogin = z.infer<typeof DeviceLogin>

const OIDC_ERRORS = ['login/no-oidc', 'oidc/unreachable', 'oidc/refused', 'login/invalid-answer'] as const
const PERSON_ERRORS = ['login/denied', 'login/lapsed', 'login/no-name', 'login/no-role'] as const

/** How people sign in at an OIDC provider. */
export const oidcRoutes = {
  beginOidcLogin: {
    method: 'GET',
    path: '/v1/login/oidc',
    access: ['anyone'],
    summary: 'Sends a browser to the OIDC provider, to sign in',
    answer: 'redirect',
    errors: [...OIDC_ERRORS],
  },
  completeOidcLogin: {
    method: 'GET',
    path: '/v1/login/oidc/callback',
    access: ['anyone'],
    summary: 'Where the OIDC provider sends the browser: begins a session',
    answer: 'redirect',
    errors: [...OIDC_ERRORS, ...PERSON_ERRORS, 'login/other-browser', 'limit/logins'],
  },
  beginDeviceLogin: {
    method: 'POST',
    path: '/v1/login/device',
    access: ['anyone'],
    summary: 'Begins a login of a program without a browser: a person enters the code at the OIDC provider',
    body: z.strictObject({}),
    answer: DeviceLogin,
    errors: [...OIDC_ERRORS, 'limit/logins'],
  },
  completeDeviceLogin: {
    method: 'POST',
    path: '/v1/login/device/session',
    access: ['anyone'],
    summary: 'Begins a session once the person has entered the code',
    body: z.strictObject({ login: z.string().check(z.maxLength(64)) }),
    answer: z.partial(BegunSession),
    awaited: 'token',
    errors: [...OIDC_ERRORS, ...PERSON_ERRORS],
  },
} as const satisfies Record<string, Route>
