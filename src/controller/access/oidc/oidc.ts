import { AgentError } from '../../../base/agent-error.ts'
import type { HasBrowserOrigin, HasClock } from '../../ports.ts'
import { openSources } from '../people/sign-in.ts'
import { type BegunLogin, beginCodeFlow, completeCodeFlow, type LoginCookie } from './code-flow.ts'
import { type DeviceFlow, openDeviceFlow } from './device-flow.ts'
import type { Person } from './person.ts'
import { openProvider } from './provider.ts'
import type { OidcSettings } from './settings.ts'

/** How people sign in at the OIDC provider. Nothing is asked of it before the first login. */
export interface Oidc {
  /** Where browsers reach the controller; the redirect URI is below it. */
  origin(): string
  begin(): Promise<BegunLogin>
  /** `address`: of the client. Throws `limit/logins`: whoever has no login can make the controller ask the provider. */
  complete(answer: URLSearchParams, cookie: LoginCookie | undefined, address: string): Promise<Person>
  device: DeviceFlow
}

export const CALLBACK = '/v1/login/oidc/callback'

export function openOidc(settings: OidcSettings, ports: Pick<HasClock, 'now'> & HasBrowserOrigin): Oidc {
  const own = { settings, withProvider: openProvider(settings, ports) }
  const origin = ports.browserOrigin
  const admitSource = openSources(() => ports.now().getTime())
  const redirectUri = () => `${origin()}${CALLBACK}`
  return {
    origin,
    begin: () => beginCodeFlow(own.withProvider, redirectUri()),
    async complete(answer, cookie, address) {
      admitSource(address)
      return completeCodeFlow(own, redirectUri(), answer, cookie)
    },
    device: openDeviceFlow(own, ports),
  }
}

export interface HasOidc {
  /** Undefined: there is no provider. */
  oidc: Oidc | undefined
}

/** Throws `login/no-oidc`. */
export function requireOidc({ oidc }: HasOidc): Oidc {
  if (oidc) return oidc
  throw new AgentError('login/no-oidc', 'this controller has no OIDC provider', {
    fix: 'sign in with a local account: controller login URL --username NAME; or start the controller with --oidc-issuer-url',
    kind: 'invalid',
  })
}
