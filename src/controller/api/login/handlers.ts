import { CONSOLE_PATH } from '../../../protocol/api/http/console.ts'
import type { loginRoutes } from '../../../protocol/api/identities/login-codes.ts'
import type { oidcRoutes } from '../../../protocol/api/identities/logins.ts'
import { requireOidc } from '../../access/oidc/oidc.ts'
import { accountNamed } from '../../access/people/accounts.ts'
import { csrfOf, hashOf, secretKind } from '../../access/people/secret.ts'
import { type Beginning, beginSession, createLoginCode, exchangeLoginCode } from '../../access/people/sessions.ts'
import { admitToken } from '../../access/people/tokens.ts'
import { refusal } from '../../domain/admission.ts'
import { heldName } from '../../domain/identities/session-holder.ts'
import type { Services } from '../../services.ts'
import { sourceOf } from '../admission/handshakes.ts'
import type { Handlers } from '../handlers/handler.ts'
import { sessionCookie } from '../handlers/people.ts'
import { requirePermission } from '../handlers/projects.ts'
import type { UserIdentity } from '../identity.ts'
import { beginPersonSession } from './begin-session.ts'

/** The login of a program without a browser. */
export const oidcHandlers = (core: Services): Handlers<typeof oidcRoutes> => ({
  beginDeviceLogin: ({ address }) => requireOidc(core).device.begin(sourceOf(address)),
  async completeDeviceLogin({ address, body }) {
    const person = await requireOidc(core).device.poll(body.login)
    if (!person) return {}
    const { session, secret } = await beginPersonSession(core, person, { kind: 'token', address })
    const { name, grants, expiresAt } = session
    return { name, grants: grants ?? [], expiresAt, token: secret, ca: core.authority.ca }
  },
})

/** The login of a browser with what somebody got elsewhere. */
export const loginHandlers = (core: Services): Handlers<typeof loginRoutes> => ({
  showLoginOptions: () => ({ oidc: core.oidc !== undefined }),
  async signInWithSecret({ address, body, setHeader }) {
    const { session, secret, grants } = await exchange(core, body.token, address)
    setHeader('set-cookie', sessionCookie(secret))
    const { name, expiresAt } = session
    return { name, grants, expiresAt, csrf: csrfOf(secret), ca: core.authority.ca }
  },
  async createLoginCode({ identity, address, body: { person } }) {
    if (!core.hasConsole) throw refusal('console/none', 'this controller was built without the web console', NO_CONSOLE)
    const beginning = person === undefined ? ofCaller(identity) : await ofAccount(core, identity, person)
    const madeBy = identity.session?.id ?? null
    const { code, expiresAt } = await createLoginCode(core, { ...beginning, madeBy, kind: 'cookie', address })
    return { code, url: `${core.browserOrigin()}${CONSOLE_PATH}login#code=${code}`, name: beginning.name, expiresAt }
  },
})

const NO_CONSOLE = 'use the command line: controller --help'

async function exchange(core: Services, secret: string, address: string) {
  const kind = secretKind(secret)
  if (kind === 'code') return exchangeLoginCode(core, secret, address)
  if (kind !== 'token') {
    const fix = 'create one: controller token create NAME; or controller console link'
    throw refusal('token/invalid', 'found neither an API token of this controller nor a login code', fix)
  }
  const { token, grants } = await admitToken(core, hashOf(secret), true)
  const holder = { kind: 'token', name: token.name, id: token.hash } as const
  const begun = await beginSession(core, {
    ...{ name: heldName(holder), grants: token.grants, holder, kind: 'cookie', address, endsAt: token.expiresAt },
  })
  return { ...begun, grants }
}

type Whose = Pick<Beginning, 'name' | 'grants' | 'holder' | 'endsAt'>

/** With a session, the further one ends at the latest when that one does: neither a role that was lost nor a stolen session lasts longer. */
function ofCaller({ grants, holder, session }: UserIdentity): Whose {
  if (session) return { name: session.name, grants: session.grants, holder, endsAt: session.expiresAt }
  if (!holder) throw new Error('a user has neither a session nor a certificate or token')
  return { name: heldName(holder), grants: [...grants], holder }
}

async function ofAccount(core: Services, identity: UserIdentity, name: string): Promise<Whose> {
  requirePermission(identity, 'administrate', null)
  await accountNamed(core, name)
  return { name, grants: null }
}
