import type { authorityRoutes } from '../../../protocol/api/identities/authority.ts'
import type { Services } from '../../services.ts'
import type { Handlers } from './handler.ts'

export const authorityHandlers = ({ rotation }: Services): Handlers<typeof authorityRoutes> => ({
  showAuthority: () => rotation.show(),
  rotateAuthority: () => rotation.begin(),
  finishAuthority: ({ query }) => rotation.finish(query.force === '1'),
})
