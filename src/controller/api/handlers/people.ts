import type { accountRoutes } from '../../../protocol/api/people/accounts.ts'
import { isAllowed } from '../../../protocol/api/people/permissions.ts'
import { SESSION_COOKIE, type sessionRoutes } from '../../../protocol/api/people/sessions.ts'
import type { tokenRoutes } from '../../../protocol/api/people/tokens.ts'
import {
  changeAccount,
  changeOwnPassword,
  createAccount,
  deleteAccount,
  viewOfAccount,
  wrongPassword,
} from '../../access/people/accounts.ts'
import { isPassword } from '../../access/people/password.ts'
import { csrfOf } from '../../access/people/secret.ts'
import { beginSession, endSession, listSessions, viewOfSession } from '../../access/people/sessions.ts'
import type { SignIn } from '../../access/people/sign-in.ts'
import { createToken, listTokens, revokeToken, revokeTokensOf } from '../../access/people/tokens.ts'
import { refusal } from '../../domain/admission.ts'
import type { UserSession } from '../../domain/identities/record.ts'
import { missing } from '../../nodes/find.ts'
import type { Services } from '../../services.ts'
import { sourceOf } from '../admission/handshakes.ts'
import type { UserIdentity } from '../identity.ts'
import type { Handlers } from './handler.ts'
import { requirePermission } from './projects.ts'

const COOKIE = 'Path=/; Secure; HttpOnly; SameSite=Strict'

/** The value of Set-Cookie that begins a session of a browser, or ends it. */
export const sessionCookie = (secret: string): string =>
  `${SESSION_COOKIE}=${secret}; ${COOKIE}${secret === '' ? '; Max-Age=0' : ''}`

export const accountHandlers = (core: Services): Handlers<typeof accountRoutes> => ({
  listAccounts: async () => (await core.store.accounts()).map(viewOfAccount),
  createAccount: ({ body, identity }) => createAccount(core, body, identity.name),
  changeAccount: ({ params, body, identity }) => changeAccount(core, params.name, body, identity.name),
  deleteAccount: ({ params, identity }) => deleteAccount(core, params.name, identity.name),
})

export const tokenHandlers = (core: Services): Handlers<typeof tokenRoutes> => ({
  listTokens: ({ identity }) => listTokens(core, ownerOf(identity)),
  createToken({ identity, body }) {
    // A token that could create others would outlive its revocation.
    if (identity.principal.kind === 'token') requirePermission(identity, 'administrate', null)
    return createToken(core, body, ownerOf(identity))
  },
  revokeToken: ({ identity, params }) => revokeToken(core, params.name, ownerOf(identity)),
  revokeTokensOf: ({ identity, params }) => revokeTokensOf(core, params.name, identity.name),
})

/** Only a session of a local account has no roles of its own. */
const ownerOf = ({ name, grants, session, holder }: UserIdentity) => ({
  ...{ name, grants, account: session?.grants === null ? session.name : null },
  // The controller is not told when somebody leaves the provider.
  isOfProvider: session != null && session.grants !== null && holder === null,
})

export function sessionHandlers(core: Services, signIn: SignIn): Handlers<typeof sessionRoutes> {
  const visible = (identity: UserIdentity): Promise<UserSession[]> =>
    isAllowed(identity.grants, 'administrate', null)
      ? listSessions(core)
      : listSessions(core, identity.session?.name ?? '')
  return {
    async createSession({ body, address, setHeader }) {
      const { name, password, kind } = body
      const source = sourceOf(address)
      const own = await core.store.userSessions(name)
      const isKnown = own.some((each) => sourceOf(each.address) === source)
      let account = await core.store.account(name)
      const isRight = await signIn.attempt({ source, account: name, isKnown }, () =>
        isPassword(password, account?.password),
      )
      // It may have been changed meanwhile.
      const before = account?.password
      account = await core.store.account(name)
      if (!isRight || !account || account.disabledAt !== null || account.password !== before) {
        core.refused(`sign-in from ${source}`, `refused to sign in from ${address}: wrong name or password`)
        throw refusal('session/wrong-password', 'the name or the password is wrong', 'check both, and try again')
      }
      const { session, secret } = await beginSession(core, { name, grants: null, kind, address })
      await core.store.commit([{ change: 'set-account', name, to: { lastUsedAt: session.createdAt } }])
      const { grants } = account
      const common = { name, grants, expiresAt: session.expiresAt, ca: core.authority.ca }
      if (kind === 'token') return { ...common, token: secret }
      setHeader('set-cookie', sessionCookie(secret))
      return { ...common, csrf: csrfOf(secret) }
    },
    listSessions: async ({ identity }) => (await visible(identity)).map(viewOfSession),
    async endSession({ identity, params, setHeader }) {
      const isCurrent = params.id === 'current' || params.id === identity.session?.id
      const id = isCurrent ? identity.session?.id : params.id
      const session = (await visible(identity)).find((each) => each.id === id)
      if (!session) throw missing('session', params.id)
      await endSession(core, session, identity.name)
      if (isCurrent && session.kind === 'cookie') setHeader('set-cookie', sessionCookie(''))
      return viewOfSession(session)
    },
    async changePassword({ identity: { session }, address, body, setHeader }) {
      const account = session?.grants === null ? await core.store.account(session.name) : undefined
      if (!session || !account) {
        const fix = 'sign in with the name and password of a local account: controller login URL --username NAME'
        throw refusal('password/none', 'you are not signed in with a password', fix)
      }
      const { name, password: before } = account
      const source = sourceOf(address)
      // With a session that was stolen, the password is guessed no faster than without.
      const isKnown = sourceOf(session.address) === source
      const isRight = await signIn.attempt({ source, account: name, isKnown }, () => isPassword(body.present, before))
      if (!isRight) throw wrongPassword()
      const changed = await changeOwnPassword(core, { name, before, own: session }, body.password)
      const { secret } = changed
      if (session.kind === 'token') return { ...changed.account, token: secret }
      setHeader('set-cookie', sessionCookie(secret))
      return { ...changed.account, csrf: csrfOf(secret) }
    },
    showSession: ({ identity: { principal, grants, session, csrf } }) => ({
      ...{ ...principal, grants, session: session ? viewOfSession(session) : null },
      ...(csrf !== undefined && { csrf }),
    }),
  }
}
