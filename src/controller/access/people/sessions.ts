import type { SessionView } from '../../../protocol/api/people/sessions.ts'
import { refusal } from '../../domain/admission.ts'
import type { UserSession } from '../../domain/identities/record.ts'
import { newId } from '../../domain/ids.ts'
import type { HasClock, HasLog, HasStore } from '../../ports.ts'
import { noteUse } from '../note-use.ts'
import type { Grants } from './grants.ts'
import { hashOf, newSecret } from './secret.ts'

const LIFE_MS = 12 * 3_600_000
/** Without a request; of a browser, which others may sit down at. */
const IDLE_MS = 30 * 60_000
/** Of one person; a further one takes the place of the one that was not used for the longest time. */
const MOST = 50
export const SIGN_IN = 'sign in again: controller login'

type Ports = HasStore & Pick<HasClock, 'now'> & HasLog

/** `grants`: null for those that the account has at each moment. Each session has a new secret. */
export async function beginSession(
  { store, now, log }: Ports,
  { name, grants, kind, address }: Pick<UserSession, 'name' | 'grants' | 'kind' | 'address'>,
): Promise<{ session: UserSession; secret: string }> {
  const secret = newSecret('session')
  const at = now().getTime()
  const createdAt = new Date(at).toISOString()
  const session: UserSession = {
    ...{ hash: hashOf(secret), id: newId('s'), name, grants, kind, address },
    ...{ createdAt, lastUsedAt: createdAt, expiresAt: new Date(at + LIFE_MS).toISOString() },
  }
  const others = await store.userSessions(name)
  const byUse = others.sort((a, b) => Date.parse(b.lastUsedAt) - Date.parse(a.lastUsedAt))
  await store.commit([
    ...byUse.slice(MOST - 1).map(({ hash }) => ({ change: 'remove-user-session', hash }) as const),
    { change: 'add-user-session', session },
  ])
  log(`${name} signed in from ${address}, session ${session.id}`)
  return { session, secret }
}

/**
 * The session and what its holder may do now. Throws `session/ended` if it was ended or lapsed, or if its account was deleted or
 * disabled. `isUse`: whether it counts as a use.
 */
export async function admitSession(
  ports: Ports,
  secret: string,
  isUse: boolean,
): Promise<{ session: UserSession; grants: Grants }> {
  const { store, now } = ports
  const session = await store.userSession(hashOf(secret))
  if (!session) throw ended('the session has ended, or the controller does not know it')
  const nowMs = now().getTime()
  if (hasLapsed(session, nowMs)) throw ended('the session has expired')
  const account = session.grants === null ? await store.account(session.name) : undefined
  if (session.grants === null && (!account || account.disabledAt !== null)) throw ended('the account is disabled')
  if (isUse) {
    const { id, hash, lastUsedAt } = session
    noteUse(ports, `session ${id}`, lastUsedAt, (to) => ({ change: 'set-user-session', hash, to }))
  }
  return { session, grants: session.grants ?? account?.grants ?? [] }
}

const ended = (why: string) => refusal('session/ended', why, SIGN_IN)

function hasLapsed({ kind, lastUsedAt, expiresAt }: UserSession, nowMs: number): boolean {
  if (nowMs >= Date.parse(expiresAt)) return true
  return kind === 'cookie' && nowMs - Date.parse(lastUsedAt) >= IDLE_MS
}

/** Those of one name, or of everyone, which have not ended. */
export async function listSessions({ store, now }: Ports, name?: string): Promise<UserSession[]> {
  return (await store.userSessions(name)).filter((each) => !hasLapsed(each, now().getTime()))
}

export async function endSession({ store, log }: Ports, { id, name, hash }: UserSession, by: string): Promise<void> {
  await store.commit([{ change: 'remove-user-session', hash }])
  log(`${by} ended session ${id} of ${name}`)
}

/** Deletes what has lapsed. */
export async function sweepSessions({ store, now }: Ports): Promise<void> {
  const lapsed = (await store.userSessions()).filter((each) => hasLapsed(each, now().getTime()))
  if (lapsed.length === 0) return
  await store.commit(lapsed.map(({ hash }) => ({ change: 'remove-user-session', hash })))
}

export function viewOfSession({ hash: _, grants: __, ...session }: UserSession): SessionView {
  return session
}
