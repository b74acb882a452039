import { printable } from '../../../base/text/printable.ts'
import { shorten } from '../../../base/text/shorten.ts'
import type { Grant } from '../../../protocol/api/access.ts'
import { refusal } from '../../domain/admission.ts'
import type { OidcSettings } from './settings.ts'

/** Claims of an ID token that is verified, and of the provider's UserInfo about the same subject. */
export type Claims = Readonly<Record<string, unknown>> & { sub: string }

/** Somebody who has signed in at the provider. */
export interface Person {
  /** `oidc:` and the user's name: names of accounts and administrators have no colon. */
  name: string
  issuer: string
  /** Identifies the user at the issuer for ever; the name may change. */
  subject: string
  grants: readonly Grant[]
}

/** No spaces, controls, or letters that look like others: names stand in logs and decide nothing. */
const NAME = /^[\x21-\x7e]{1,100}$/
const MOST_GROUPS = 1_000
const MOST_SHOWN = 10
const MAX_SHOWN_BYTES = 64

/** Throws `login/no-name` and `login/no-role`. */
export function personOf(claims: Claims, settings: OidcSettings): Person {
  const { issuer } = settings
  const name = `oidc:${nameOf(claims, settings)}`
  const groups = groupsOf(claims[settings.groupsClaim])
  const grants = settings.grants
    .filter(({ group }) => groups?.includes(group))
    .map(({ role, project }) => ({ role, project }))
  if (grants.length === 0) throw noRole(name, groups, settings)
  const distinct = [...new Map(grants.map((each) => [JSON.stringify(each), each])).values()]
  return { name, issuer, subject: claims.sub, grants: distinct }
}

function nameOf(claims: Claims, { usernameClaim }: OidcSettings): string {
  // Whoever may write any address into a profile would be anyone.
  const known: Claims = claims.email_verified === true ? claims : { ...claims, email: undefined }
  const candidates = usernameClaim === undefined ? ['preferred_username', 'email', 'sub'] : [usernameClaim]
  const found = candidates.map((each) => known[each]).find((each) => typeof each === 'string' && NAME.test(each))
  if (typeof found === 'string') return found
  const where = usernameClaim ?? 'preferred_username, email and sub'
  throw refusal(
    'login/no-name',
    `found no name in the claim ${where}; wanted up to 100 printable ASCII characters without spaces`,
    'start the controller with --oidc-username-claim and a claim that has one',
  )
}

/** Undefined if the claim is missing. */
function groupsOf(claim: unknown): string[] | undefined {
  if (claim === undefined || claim === null) return undefined
  const all = Array.isArray(claim) ? claim : [claim]
  return all.filter((each) => typeof each === 'string').slice(0, MOST_GROUPS)
}

function noRole(name: string, groups: readonly string[] | undefined, { groupsClaim }: OidcSettings) {
  if (groups === undefined) {
    const found = `${name} has no role: the OIDC provider sent no claim ${groupsClaim}`
    const fix = `let the provider add the user's groups as the claim ${groupsClaim}, or start the controller with another --oidc-groups-claim`
    return refusal('login/no-role', found, fix)
  }
  const shown = groups.slice(0, MOST_SHOWN).map((each) => JSON.stringify(shorten(printable(each), MAX_SHOWN_BYTES)))
  const more = groups.length > MOST_SHOWN ? ` and ${groups.length - MOST_SHOWN} more` : ''
  const found = `${name} has no role: found the groups ${shown.join(', ') || 'none'}${more}; none of them has one`
  return refusal('login/no-role', found, 'start the controller with --oidc-grant GROUP=ROLE for one of these groups')
}
