import type { Secret } from '../../../base/text/secret.ts'
import type { Grant } from '../../../protocol/api/access.ts'

/** The role of everybody in a group of the provider. */
export interface GroupGrant extends Grant {
  group: string
}

/** The OpenID Connect provider, and which of its users may sign in. */
export interface OidcSettings {
  /** https URL, exactly as in the provider's ID tokens. */
  issuer: string
  clientId: string
  /** Undefined: a public client. PKCE is used in both cases. */
  clientSecret?: Secret | undefined
  /** PEM of the CAs that the provider's certificate is checked with; default: those of this machine. */
  ca?: string | undefined
  /** Default: preferred_username, else a verified email, else sub. */
  usernameClaim?: string | undefined
  groupsClaim: string
  /** Requested in addition to SCOPES. */
  scopes: readonly string[]
  grants: readonly GroupGrant[]
}

/** Requested as far as the provider supports them. */
export const SCOPES = ['openid', 'profile', 'email', 'groups'] as const
