import type { AccessView } from '../../../protocol/api/identities/kubeconfigs.ts'
import type { BoundAccess } from '../../../protocol/wire/operation.ts'
import { validityOf } from '../../domain/admission.ts'
import type { Account, Administrator, ClusterAccess } from '../../domain/records.ts'

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

/**
 * Who made it, or whom it is for, has lost every certificate and account here. Both can have its key. A person whom the controller
 * does not know is not revoked, unlike who made it and was deleted.
 */
export function isOrphaned(
  access: ClusterAccess,
  administrators: readonly Administrator[],
  accounts: readonly Account[],
): boolean {
  const endsOf = (name: string) => [
    ...administrators.filter((each) => each.name === name).map(({ revokedAt }) => revokedAt),
    ...accounts.filter((each) => each.name === name).map(({ disabledAt }) => disabledAt),
  ]
  const isOver = (name: string) => endsOf(name).length > 0 && endsOf(name).every((end) => end !== null)
  const isDeleted = !ELSEWHERE.test(access.issuedBy) && endsOf(access.issuedBy).length === 0
  return isDeleted || isOver(access.issuedBy) || isOver(personOf(access.user))
}

/** Names of people at the OIDC provider, and of tokens. */
const ELSEWHERE = /^(oidc:|token )/
