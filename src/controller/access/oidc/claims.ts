import type { IDToken, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import { invalidAnswer } from './errors.ts'
import type { Claims } from './person.ts'
import type { Provider } from './provider.ts'
import type { OidcSettings } from './settings.ts'

/**
 * The claims of the verified ID token. Many providers put groups and names only into UserInfo: it is asked if the token has no
 * groups or no name, and must be about the same subject.
 */
export async function claimsOf(
  { library, config }: Provider,
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  { issuer, groupsClaim, usernameClaim = 'preferred_username' }: OidcSettings,
): Promise<Claims> {
  const claims: IDToken | undefined = tokens.claims()
  if (!claims) throw invalidAnswer(issuer, 'it has no ID token')
  const isWhole = claims[groupsClaim] !== undefined && claims[usernameClaim] !== undefined
  if (isWhole || config.serverMetadata().userinfo_endpoint === undefined) return claims
  return { ...(await library.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims }
}
