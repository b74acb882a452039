import type { SessionHolder, UserSession } from './record.ts'

/** The name of a session that ends with a certificate or an API token. Names of accounts have no colon. */
export const heldName = ({ kind, name }: Pick<SessionHolder, 'kind' | 'name'>): string => `${kind}:${name}`

/** Who acts with the session. */
export function principalOf({ name, holder }: Pick<UserSession, 'name' | 'holder'>) {
  return holder ? { kind: holder.kind, name: holder.name } : ({ kind: 'account', name } as const)
}
