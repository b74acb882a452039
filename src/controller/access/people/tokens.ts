import { AgentError } from '../../../base/agent-error.ts'
import { isAllowed } from '../../../protocol/api/people/permissions.ts'
import type { ApiTokenView, CreateTokenRequest } from '../../../protocol/api/people/tokens.ts'
import { refusal, validityOf } from '../../domain/admission.ts'
import type { ApiToken } from '../../domain/identities/record.ts'
import type { HasClock, HasLog, HasStore, HasTurns } from '../../ports.ts'
import { noteUse } from '../note-use.ts'
import { covers, type Grants } from './grants.ts'
import { hashOf, newSecret } from './secret.ts'

const DAYS = 90
/** Of people at the OIDC provider: nothing says when they have left it. */
const DAYS_OF_PROVIDER = 30
const DAY_MS = 86_400_000
/** Of one person. Those that have ended are deleted after a while. */
const MOST = 200
const KEPT_MS = 30 * DAY_MS

type Ports = HasStore & Pick<HasClock, 'now'> & HasLog

/** Whoever asks. `account`: of a person with a local account. */
interface Owner {
  name: string
  grants: Grants
  account: string | null
  /** A person at the OIDC provider. */
  isOfProvider: boolean
}

/** Throws unless the owner has every role that the token gets. */
export async function createToken(
  ports: Ports & HasTurns,
  { name, grants, days: wanted }: CreateTokenRequest,
  owner: Owner,
): Promise<{ token: ApiTokenView; secret: string }> {
  const days = wanted ?? (owner.isOfProvider ? DAYS_OF_PROVIDER : DAYS)
  const beyond = grants.find((each) => !covers(owner.grants, each))
  if (beyond) {
    const where = beyond.project === null ? 'for everything' : `in project ${beyond.project}`
    const fix = 'choose roles that you have: controller whoami'
    throw refusal('identity/exceeds-own', `${owner.name} does not have the role ${beyond.role} ${where}`, fix)
  }
  if (owner.isOfProvider && days > DAYS_OF_PROVIDER) {
    const found = `${owner.name} signs in at the OIDC provider, and asks for a token that is valid for ${days} days`
    const fix = `choose at most ${DAYS_OF_PROVIDER}d, or let an administrator with a local account create it`
    throw refusal('token/too-long', found, fix)
  }
  return ports.turns('people', async () => {
    const all = await ports.store.apiTokens()
    if (all.some((each) => each.name === name && validityOf(each, ports.now()) === 'valid')) {
      throw refusal('token/exists', `there already is a token ${name}`, 'choose another name, or revoke it first')
    }
    if (all.filter((each) => each.issuedBy === owner.name).length >= MOST) {
      const fix = 'use those that exist; the controller deletes a token 30 days after its end'
      throw refusal('token/too-many', `${owner.name} has ${MOST} tokens`, fix)
    }
    const secret = newSecret('token')
    const now = ports.now()
    const token: ApiToken = {
      ...{ hash: hashOf(secret), name, grants, account: owner.account, issuedBy: owner.name },
      ...{ createdAt: now.toISOString(), expiresAt: new Date(now.getTime() + days * DAY_MS).toISOString() },
      ...{ lastUsedAt: null, revokedAt: null, revokedBy: null },
    }
    await ports.store.commit([{ change: 'add-api-token', token }])
    ports.log(`${owner.name} created token ${name}`)
    return { token: viewOfToken(token, now), secret }
  })
}

/** What is not the caller's own exists only for administrators. */
export async function listTokens({ store, now }: Ports, owner: Owner): Promise<ApiTokenView[]> {
  return (await store.apiTokens()).filter((each) => isOf(each, owner)).map((each) => viewOfToken(each, now()))
}

export async function revokeToken(ports: Ports & HasTurns, name: string, owner: Owner): Promise<ApiTokenView> {
  return ports.turns('people', async () => {
    const own = (await ports.store.apiTokens()).filter((each) => each.name === name && isOf(each, owner))
    const token = own.find(({ revokedAt }) => revokedAt === null) ?? own.at(-1)
    if (!token) {
      const fix = 'choose one of: controller token list'
      throw new AgentError('token/unknown', `there is no token ${name}`, { fix, kind: 'invalid' })
    }
    if (token.revokedAt !== null) return viewOfToken(token, ports.now())
    const to = { revokedAt: ports.now().toISOString(), revokedBy: owner.name }
    await ports.store.commit([{ change: 'set-api-token', hash: token.hash, to }])
    ports.log(`${owner.name} revoked token ${name}`)
    return viewOfToken({ ...token, ...to }, ports.now())
  })
}

/** Those of an account, or that somebody has created. Returns those that were valid. */
export async function revokeTokensOf(ports: Ports & HasTurns, owner: string, by: string): Promise<ApiTokenView[]> {
  return ports.turns('people', async () => {
    const valid = (await ports.store.apiTokens()).filter(
      (each) => (each.account ?? each.issuedBy) === owner && validityOf(each, ports.now()) === 'valid',
    )
    const to = { revokedAt: ports.now().toISOString(), revokedBy: by }
    if (valid.length > 0) {
      await ports.store.commit(valid.map(({ hash }) => ({ change: 'set-api-token', hash, to })))
      ports.log(`${by} revoked ${valid.length} tokens of ${owner}`)
    }
    return valid.map((each) => viewOfToken({ ...each, ...to }, ports.now()))
  })
}

/**
 * The token with this hash, and what its holder may do now: the token's roles, as far as its account still has them. Throws
 * `token/invalid`. `isUse`: whether it counts as a use.
 */
export async function admitToken(
  ports: Ports,
  hash: string,
  isUse: boolean,
): Promise<{ token: ApiToken; grants: Grants }> {
  const { store, now } = ports
  const token = await store.apiToken(hash)
  if (!token) throw invalid('the controller does not know this API token')
  const validity = validityOf(token, now())
  if (validity !== 'valid') throw invalid(`token ${token.name} is ${validity}`)
  const account = token.account === null ? undefined : await store.account(token.account)
  if (token.account !== null && (!account || account.disabledAt !== null)) {
    throw invalid(`the account of token ${token.name} is disabled`)
  }
  if (isUse) {
    const { name, lastUsedAt } = token
    noteUse(ports, `token ${name}`, lastUsedAt, (to) => ({ change: 'set-api-token', hash, to }))
  }
  return { token, grants: account ? token.grants.filter((each) => covers(account.grants, each)) : token.grants }
}

/** Deletes tokens that ended long ago. */
export async function sweepTokens({ store, now }: Ports): Promise<void> {
  const since = now().getTime() - KEPT_MS
  const old = (await store.apiTokens()).filter(({ revokedAt, expiresAt }) => Date.parse(revokedAt ?? expiresAt) < since)
  if (old.length > 0) await store.commit(old.map(({ hash }) => ({ change: 'remove-api-token', hash })))
}

const invalid = (why: string) => refusal('token/invalid', why, 'create another one: controller token create NAME')

const isOf = (token: ApiToken, { name, grants, account }: Owner) =>
  isAllowed(grants, 'administrate', null) || (account === null ? token.issuedBy === name : token.account === account)

function viewOfToken({ hash: _, ...token }: ApiToken, now: Date): ApiTokenView {
  return { ...token, state: validityOf(token, now) }
}
