import { AgentError } from '../../../base/agent-error.ts'
import type { AccountView, ChangeAccountRequest, CreateAccountRequest } from '../../../protocol/api/people/accounts.ts'
import { refusal } from '../../domain/admission.ts'
import type { Change } from '../../domain/change.ts'
import type { Account, UserSession } from '../../domain/identities/record.ts'
import type { HasClock, HasLog, HasStore, HasTurns } from '../../ports.ts'
import { hashPassword } from './password.ts'
import { hashOf, newSecret } from './secret.ts'

type Ports = HasStore & HasTurns & Pick<HasClock, 'now'> & HasLog

export async function createAccount(ports: Ports, request: CreateAccountRequest, by: string): Promise<AccountView> {
  const { name, grants } = request
  const password = await hashPassword(request.password)
  return ports.turns('people', async () => {
    if (await ports.store.account(name)) {
      throw refusal('account/exists', `there already is an account ${name}`, 'choose another name')
    }
    const createdAt = ports.now().toISOString()
    const times = { createdAt, createdBy: by, lastUsedAt: null, disabledAt: null }
    const account: Account = { name, password, grants, ...times }
    await ports.store.commit([{ change: 'add-account', account }])
    ports.log(`${by} created account ${name}`)
    return viewOfAccount(account)
  })
}

/** Its sessions have the new grants with their next request. A new password and disabling end them. */
export async function changeAccount(
  ports: Ports,
  name: string,
  { grants, disabled, password }: ChangeAccountRequest,
  by: string,
): Promise<AccountView> {
  const hash = password === undefined ? undefined : await hashPassword(password)
  return ports.turns('people', async () => {
    const account = await accountNamed(ports, name)
    const disabledAt = disabled ? (account.disabledAt ?? ports.now().toISOString()) : null
    const to: Partial<Account> = {
      ...(grants && { grants }),
      ...(hash !== undefined && { password: hash }),
      ...(disabled !== undefined && { disabledAt }),
    }
    const ends = hash !== undefined || disabled === true ? await endAll(ports, name) : []
    await ports.store.commit([{ change: 'set-account', name, to }, ...ends])
    ports.log(`${by} changed account ${name}: ${Object.keys(to).join(', ') || 'nothing'}`)
    return viewOfAccount({ ...account, ...to })
  })
}

/**
 * Of whoever is signed in, with the session `own`, which gets another secret: somebody may have copied the present one. All other
 * sessions end. `before`: the hash of the password that was checked.
 */
export async function changeOwnPassword(
  ports: Ports,
  { name, own, before }: { name: string; own: UserSession; before: string },
  password: string,
): Promise<{ account: AccountView; secret: string }> {
  const to = { password: await hashPassword(password) }
  const secret = newSecret('session')
  return ports.turns('people', async () => {
    const account = await accountNamed(ports, name)
    if (account.password !== before) throw wrongPassword()
    const sessions = await ports.store.userSessions(name)
    // Somebody ended it while the password was checked.
    if (!sessions.some(({ hash }) => hash === own.hash)) throw sessionEnded(own)
    const session = { ...own, hash: hashOf(secret), lastUsedAt: ports.now().toISOString() }
    await ports.store.commit([
      { change: 'set-account', name, to },
      ...(await endAll(ports, name)),
      { change: 'add-user-session', session },
    ])
    ports.log(`${name} changed their own password`)
    return { account: viewOfAccount({ ...account, ...to }), secret }
  })
}

const sessionEnded = ({ id }: UserSession) =>
  new AgentError('session/unknown', `session ${id} has ended`, { fix: 'sign in again', kind: 'invalid' })

export const wrongPassword = () => refusal('password/wrong', 'the present password is wrong', 'check it, and try again')

/** Also revokes its tokens: another account with this name must not have them. */
export async function deleteAccount(ports: Ports, name: string, by: string): Promise<AccountView> {
  return ports.turns('people', async () => {
    const account = await accountNamed(ports, name)
    const to = { revokedAt: ports.now().toISOString(), revokedBy: by }
    const tokens = (await ports.store.apiTokens()).filter((each) => each.account === name && each.revokedAt === null)
    await ports.store.commit([
      ...(await endAll(ports, name)),
      ...tokens.map(({ hash }) => ({ change: 'set-api-token', hash, to }) as const),
      { change: 'remove-account', name },
    ])
    ports.log(`${by} deleted account ${name}`)
    return viewOfAccount(account)
  })
}

async function endAll({ store }: HasStore, name: string): Promise<Change[]> {
  return (await store.userSessions(name)).map(({ hash }) => ({ change: 'remove-user-session', hash }))
}

/** Throws `account/unknown`. */
export async function accountNamed({ store }: HasStore, name: string): Promise<Account> {
  const account = await store.account(name)
  if (account) return account
  const fix = 'choose one of: controller account list'
  throw new AgentError('account/unknown', `there is no account ${name}`, { fix, kind: 'invalid' })
}

export function viewOfAccount({ password: _, ...account }: Account): AccountView {
  return { ...account, state: account.disabledAt === null ? 'enabled' : 'disabled' }
}
