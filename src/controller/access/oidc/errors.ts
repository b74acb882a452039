import { AgentError } from '../../../base/agent-error.ts'
import { printable } from '../../../base/text/printable.ts'
import { shorten } from '../../../base/text/shorten.ts'
import { refusal } from '../../domain/admission.ts'

const MAX_BYTES = 300
/** Of openid-client: the provider did not answer, or not with JSON. Errors of the connection have no such code. */
const NO_ANSWER = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
])
export const AGAIN = 'sign in again'

/** The error code of OAuth (RFC 6749 5.2, RFC 8628 3.5) with which the provider refused, if it did. */
export function oauthError(error: unknown): string | undefined {
  // A status of 401 at the token endpoint, with the error in a header.
  if (error instanceof Error && 'code' in error && error.code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE')
    return 'invalid_client'
  return error instanceof Error && 'error' in error && typeof error.error === 'string' ? error.error : undefined
}

/** An error of openid-client, for the person who signs in. It holds no token, code or secret. */
export function providerError(issuer: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error
  const refused = oauthError(error)
  if (refused !== undefined) return refusedBy(issuer, refused, error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('OAUTH_') && !NO_ANSWER.has(code)) return invalidAnswer(issuer, error)
  return new AgentError('oidc/unreachable', `cannot reach the OIDC provider ${issuer}: ${reasonOf(error)}`, {
    fix: 'check that the provider runs, and that the machine of the controller reaches it; certificates and tokens of the controller work meanwhile',
    kind: 'unreachable',
    cause: error,
  })
}

export function invalidAnswer(issuer: string, error: unknown): AgentError {
  const found = `the answer of the OIDC provider ${issuer} is not valid: ${reasonOf(error)}`
  return refusal('login/invalid-answer', found, `${AGAIN}; if that fails, check --oidc-issuer-url and --oidc-client-id`)
}

function refusedBy(issuer: string, code: string, error: unknown): AgentError {
  if (code === 'access_denied') {
    return refusal('login/denied', 'the login was denied at the OIDC provider', `${AGAIN}, and allow it`)
  }
  if (code === 'expired_token' || code === 'invalid_grant') {
    return refusal('login/lapsed', 'the login took too long, or its code was used before', AGAIN)
  }
  const description = error instanceof Error && 'error_description' in error ? `: ${error.error_description}` : ''
  const found = `the OIDC provider ${issuer} refused the controller with ${quoted(`${code}${description}`)}`
  const fix =
    'check --oidc-client-id and --oidc-client-secret-file, and that this client may use the flow, the scopes and the redirect URI'
  return refusal('oidc/refused', found, fix)
}

/** The innermost message: the outer ones say only that something went wrong. Those of openid-client name claims, not values. */
function reasonOf(error: unknown): string {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  if (!(inner instanceof Error)) return quoted(String(inner))
  const code = 'code' in inner && !String(inner.code).startsWith('OAUTH_') ? `${inner.code}: ` : ''
  return quoted(`${code}${inner.message}`)
}

const quoted = (text: string) => shorten(printable(text), MAX_BYTES)
