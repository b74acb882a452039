import type { Grant } from '../../../protocol/api/access.ts'
import type { AccessView } from '../../../protocol/api/identities/kubeconfigs.ts'
import type { ClusterRole } from '../../../protocol/names.ts'
import type { BoundAccess } from '../../../protocol/wire/operation.ts'
import { validityOf } from '../../domain/admission.ts'
import type { Account, Administrator, ApiToken, ClusterAccess } from '../../domain/identities/record.ts'

export const personOf = (user: string): string => user.split(':')[1] ?? ''

/** `bound`: what the cluster says now; undefined if no master answers. */
export function accessViews(
  accesses: readonly ClusterAccess[],
  bound: readonly BoundAccess[] | undefined,
  now: Date,
): AccessView[] {
  const known = new Set(accesses.map(({ user }) => user))
  const unknown = (bound ?? []).filter(({ user }) => !known.has(user))
  const nobody = { createdAt: null, expiresAt: null, issuedBy: null, revokedAt: null, revokedBy: null }
  return [
    ...accesses.map((access) => accessView(access, bound, now)),
    ...unknown.map(({ user, role }) => ({ person: personOf(user), user, role, state: 'valid' as const, ...nobody })),
  ]
}

export function accessView(access: ClusterAccess, bound: readonly BoundAccess[] | undefined, now: Date): AccessView {
  const { isBound, ...shown } = access
  const isSeen = bound?.some(({ user }) => user === access.user) ?? isBound
  return { ...shown, person: personOf(access.user), state: stateOf(access, isSeen, now) }
}

function stateOf(access: ClusterAccess, isSeen: boolean, now: Date): AccessView['state'] {
  const validity = validityOf(access, now)
  if (validity === 'revoked') return isSeen ? 'revoking' : 'revoked'
  return validity === 'valid' && !isSeen ? 'unbound' : validity
}

/** Those whose bindings have to go: revoked, or expired. */
export function isToUnbind(access: ClusterAccess, now: Date): boolean {
  return access.isBound && validityOf(access, now) !== 'valid'
}

/** A record that says nothing any more: its certificate has expired, and no binding is left. */
export function isPast({ isBound, expiresAt }: ClusterAccess, now: Date): boolean {
  return !isBound && Date.parse(expiresAt) <= now.getTime()
}

/** Who can have access, as recorded here. */
export interface People {
  administrators: readonly Administrator[]
  accounts: readonly Account[]
  tokens: readonly ApiToken[]
}

/** Whether one of several grants permits a role in a cluster of a project. */
export type Permits = (grants: readonly Grant[], role: ClusterRole, project: string) => boolean

/**
 * Who made it may not have it any more, or whom it is for has lost every certificate and account here. Both can have its key. A person
 * whom the controller does not know is not revoked, unlike who made it and was deleted.
 */
export function isOrphaned(
  access: ClusterAccess,
  project: string,
  people: People,
  permits: Permits,
  now: Date,
): boolean {
  const { issuedBy, role } = access
  if (isOver(personOf(access.user), people)) return true
  // Nobody tells the controller what becomes of people at the OIDC provider.
  if (issuedBy.startsWith('oidc:')) return false
  const isPermitted = (grants: readonly Grant[]) => permits(grants, role, project)
  if (issuedBy.startsWith('token ')) {
    return !people.tokens.some((token) => {
      const isOwn =
        `token ${token.name}` === issuedBy && validityOf(token, now) === 'valid' && isPermitted(token.grants)
      return (
        isOwn && (token.account === null || enabled(token.account, people).some(({ grants }) => isPermitted(grants)))
      )
    })
  }
  if (people.administrators.some(({ name, revokedAt }) => name === issuedBy && revokedAt === null)) return false
  return !enabled(issuedBy, people).some(({ grants }) => isPermitted(grants))
}

const enabled = (name: string, { accounts }: People) =>
  accounts.filter((each) => each.name === name && each.disabledAt === null)

function isOver(name: string, people: People): boolean {
  const administrators = people.administrators.filter((each) => each.name === name)
  const isKnown = administrators.length > 0 || people.accounts.some((each) => each.name === name)
  return isKnown && administrators.every(({ revokedAt }) => revokedAt !== null) && enabled(name, people).length === 0
}
