import type { oidcRoutes } from '../../../protocol/api/identities/logins.ts'
import { requireOidc } from '../../access/oidc/oidc.ts'
import type { Services } from '../../services.ts'
import { sourceOf } from '../admission/handshakes.ts'
import type { Handlers } from '../handlers/handler.ts'
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
