import type { SessionView } from '../../../protocol/api/people/sessions.ts'
import { certificateState, refusal } from '../../domain/admission.ts'
import type { SessionHolder, UserSession } from '../../domain/identities/record.ts'
import { newId } from '../../domain/ids.ts'
import type { HasAuthority, HasClock, HasLog, HasStore } from '../../ports.ts'
import { noteUse } from '../note-use.ts'
import { EVERYTHING, type Grants } from './grants.ts'
import { hashOf, newSecret } from './secret.ts'
import { admitToken } from './tokens.ts'

const LIFE_MS = 12 * 3_600_000
/** Of a login code. */
const CODE_MS = 5 * 60_000
/** Without a request and without a stream of events; of a browser, which others may sit down at. */
const IDLE_MS = 30 * 60_000
/** Of one person; a further one takes the place of the one that was not used for the longest time. */
const MOST = 50
export const SIGN_IN = 'sign in again: controller login'

type Ports = HasStore & Pick<HasClock, 'now'> & HasLog

/** Whose session it is. `endsAt`: the latest end, ISO 8601; default: 12 hours after its beginning. */
export type Beginning = Pick<UserSession, 'name' | 'grants' | 'kind' | 'address'> &
  Partial<Pick<UserSession, 'holder' | 'madeBy'>> & { endsAt?: string }

/** `grants`: null for those that the account has at each moment. Each session has a new secret. */
export async function beginSession(
  ports: Ports,
  beginning: Beginning,
): Promise<{ session: UserSession; secret: string }> {
  const secret = newSecret('session')
  const session = await add(ports, beginning, { hash: hashOf(secret), isCode: false })
  ports.log(`${session.name} signed in from ${session.address}, session ${session.id}`)
  return { session, secret }
}

/** A session that begins when a browser exchanges the code for its secret. It ends before with the session `madeBy`. */
export async function createLoginCode(
  ports: Ports,
  beginning: Beginning,
): Promise<{ code: string; expiresAt: string }> {
  const code = newSecret('code')
  const { id, name, createdAt } = await add(ports, beginning, { hash: hashOfCode(code), isCode: true })
  ports.log(`created a login code for ${name}, session ${id}`)
  return { code, expiresAt: new Date(Date.parse(createdAt) + CODE_MS).toISOString() }
}

/** Not that of a secret: an earlier build, which knows no codes, would take the code for one. */
const hashOfCode = (code: string): string => hashOf(`code ${code}`)

async function add(
  { store, now }: Ports,
  { endsAt, holder = null, madeBy = null, ...beginning }: Beginning,
  own: Pick<UserSession, 'hash' | 'isCode'>,
): Promise<UserSession> {
  const at = now().getTime()
  const createdAt = new Date(at).toISOString()
  const latest = new Date(at + LIFE_MS).toISOString()
  const expiresAt = endsAt !== undefined && endsAt < latest ? endsAt : latest
  const session = { ...beginning, ...own, id: newId('s'), holder, madeBy, createdAt, lastUsedAt: createdAt, expiresAt }
  const others = await store.userSessions(session.name)
  const byUse = others.sort((a, b) => Date.parse(b.lastUsedAt) - Date.parse(a.lastUsedAt))
  await store.commit([
    ...byUse.slice(MOST - 1).map(({ hash }) => ({ change: 'remove-user-session', hash }) as const),
    { change: 'add-user-session', session },
  ])
  return session
}

/** The session of a login code, which somebody exchanges from this address. Throws `login/lapsed` if somebody has, or it is too old. */
export async function exchangeLoginCode(
  ports: Admitting,
  code: string,
  address: string,
): Promise<{ session: UserSession; secret: string; grants: Grants }> {
  const { store, now } = ports
  const found = await store.userSession(hashOfCode(code))
  if (!found?.isCode || hasLapsed(found, now().getTime())) throw lapsed()
  const { madeBy } = found
  if (madeBy !== null && !(await listSessions(ports)).some(({ id }) => id === madeBy)) throw lapsed()
  const { grants } = await rightsOf(ports, found, true)
  const secret = newSecret('session')
  const session = { ...found, hash: hashOf(secret), isCode: false, address, lastUsedAt: now().toISOString() }
  await store.commit([{ change: 'set-user-session', hash: found.hash, to: session }])
  // Of several at once, the first one has changed it.
  if (!(await store.userSession(session.hash))) throw lapsed()
  ports.log(`${session.name} signed in from ${address} with a login code, session ${session.id}`)
  return { session, secret, grants }
}

const lapsed = () =>
  refusal(
    'login/lapsed',
    'the login code was used, is older than 5 minutes, or ended with the session that created it',
    'create another one: controller console link',
  )

/**
 * The session and what its holder may do now. Throws `session/ended` if it was ended or lapsed, or if its account was deleted or
 * disabled. `isUse`: whether it counts as a use.
 */
export async function admitSession(
  ports: Admitting,
  secret: string,
  isUse: boolean,
): Promise<{ session: UserSession } & Rights> {
  const { store, now } = ports
  const session = await store.userSession(hashOf(secret))
  if (!session || session.isCode) throw ended('the session has ended, or the controller does not know it')
  const nowMs = now().getTime()
  if (hasLapsed(session, nowMs)) throw ended('the session has expired')
  const rights = await rightsOf(ports, session, isUse)
  if (isUse) {
    const { id, hash, lastUsedAt } = session
    noteUse(ports, `session ${id}`, lastUsedAt, (to) => ({ change: 'set-user-session', hash, to }))
  }
  return { session, ...rights }
}

type Admitting = Ports & HasAuthority

interface Rights {
  grants: Grants
  /** Of an API token. */
  creator?: string | null
}

/** What the holder of the session may do now. Throws if it may do nothing any more. */
async function rightsOf(ports: Admitting, { name, grants, holder }: UserSession, isUse: boolean): Promise<Rights> {
  if (holder) return rightsOfHolder(ports, holder, isUse)
  if (grants !== null) return { grants }
  const account = await ports.store.account(name)
  if (!account || account.disabledAt !== null) throw ended('the account is disabled')
  return { grants: account.grants }
}

async function rightsOfHolder(ports: Admitting, { kind, id, name }: SessionHolder, isUse: boolean): Promise<Rights> {
  if (kind === 'token') {
    const { token, grants } = await admitToken(ports, id, isUse)
    return { grants, creator: token.issuedBy }
  }
  const administrator = await ports.store.administrator(id)
  const state = administrator && certificateState(administrator, ports.now(), ports.authority.trustedSince)
  if (state !== 'valid') throw ended(`the certificate of administrator ${name} is ${state ?? 'unknown'}`)
  return { grants: EVERYTHING }
}

const ended = (why: string) => refusal('session/ended', why, SIGN_IN)

function hasLapsed({ kind, isCode, createdAt, lastUsedAt, expiresAt }: UserSession, nowMs: number): boolean {
  if (nowMs >= Date.parse(expiresAt)) return true
  if (isCode) return nowMs - Date.parse(createdAt) >= CODE_MS
  return kind === 'cookie' && nowMs - Date.parse(lastUsedAt) >= IDLE_MS
}

/** Those of one name, or of everyone, which have begun and not ended. */
export async function listSessions({ store, now }: Ports, name?: string): Promise<UserSession[]> {
  return (await store.userSessions(name)).filter((each) => !each.isCode && !hasLapsed(each, now().getTime()))
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

export function viewOfSession({ hash, grants, holder, isCode, madeBy, ...session }: UserSession): SessionView {
  return session
}
