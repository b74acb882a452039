import type { administratorRoutes } from '../../../protocol/api/identities/administrators.ts'
import type { credentialRoutes } from '../../../protocol/api/identities/credentials.ts'
import type { joinRoutes } from '../../../protocol/api/identities/join.ts'
import { createAdministrator, revokeAdministrator, viewOf } from '../../access/administrators.ts'
import { renewCredentials, revokeCredentials, viewOfSet } from '../../clusters/credentials.ts'
import { createJoinCommand } from '../../clusters/join/join-command.ts'
import { clusterByName } from '../../nodes/find.ts'
import type { Services } from '../../services.ts'
import type { Handlers } from './handler.ts'

export function credentialHandlers(core: Services): Handlers<typeof credentialRoutes> {
  const named = ({ params }: { params: { name: string } }) => clusterByName(core, params.name)
  return {
    listCredentials: async (asked) => (await named(asked)).credentials.map((set) => viewOfSet(set, core)),
    renewCredentials: async (asked) => renewCredentials(core, await named(asked), asked.body, asked.identity.name),
    revokeCredentials: async (asked) =>
      revokeCredentials(core, await named(asked), asked.params.set, asked.identity.name),
  }
}

export const joinHandlers = (core: Services): Handlers<typeof joinRoutes> => ({
  createJoinCommand: async ({ params, body, identity }) =>
    createJoinCommand(core, await clusterByName(core, params.name), body, identity.name),
})

export const administratorHandlers = (core: Services): Handlers<typeof administratorRoutes> => ({
  listAdministrators: async () => (await core.store.administrators()).map((each) => viewOf(each, core)),
  createAdministrator: ({ identity, body }) => createAdministrator(core, body, identity.name),
  revokeAdministrator: ({ identity, params }) => revokeAdministrator(core, params.name, identity.name),
})
