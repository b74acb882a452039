import { timingSafeEqual } from 'node:crypto'
import { refusal } from '../../domain/admission.ts'
import { claimsOf } from './claims.ts'
import { AGAIN } from './errors.ts'
import { type Person, personOf } from './person.ts'
import type { WithProvider } from './provider.ts'
import type { OidcSettings } from './settings.ts'

/** What the browser that began a login keeps until the provider sends it back: `state.nonce.verifier`. */
export type LoginCookie = string

export interface BegunLogin {
  /** Where the browser goes: the provider. */
  url: string
  cookie: LoginCookie
}

/** Each part is 32 random bytes in base64url. */
const COOKIE = /^([\w-]{43})\.([\w-]{43})\.([\w-]{43})$/

/** The authorisation code flow with PKCE. The controller keeps nothing meanwhile, so any controller can complete the login. */
export async function beginCodeFlow(withProvider: WithProvider, redirectUri: string): Promise<BegunLogin> {
  return withProvider(async ({ library, config, scope }) => {
    const [state, nonce, verifier] = [library.randomState(), library.randomNonce(), library.randomPKCECodeVerifier()]
    const url = library.buildAuthorizationUrl(config, {
      ...{ redirect_uri: redirectUri, response_type: 'code', scope, state, nonce },
      ...{ code_challenge: await library.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    })
    return { url: url.href, cookie: `${state}.${nonce}.${verifier}` }
  })
}

/** `answer`: the query with which the provider sent the browser back. Throws `login/other-browser`, and what provider and claims are refused for. */
export async function completeCodeFlow(
  { withProvider, settings }: { withProvider: WithProvider; settings: OidcSettings },
  redirectUri: string,
  answer: URLSearchParams,
  cookie: LoginCookie | undefined,
): Promise<Person> {
  const [, state = '', nonce = '', verifier = ''] = COOKIE.exec(cookie ?? '') ?? []
  if (state === '' || !isSame(state, answer.get('state') ?? '')) {
    const found = 'this login was not begun in this browser, took longer than 10 minutes, or is complete'
    throw refusal('login/other-browser', found, AGAIN)
  }
  return withProvider(async (provider) => {
    const tokens = await provider.library.authorizationCodeGrant(provider.config, new URL(`${redirectUri}?${answer}`), {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    })
    return personOf(await claimsOf(provider, tokens, settings), settings)
  })
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
