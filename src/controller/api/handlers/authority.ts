import type { authorityRoutes } from '../../../protocol/api/identities/authority.ts'
import type { HasActs } from '../../audit/recorded.ts'
import type { Services } from '../../services.ts'
import type { Handlers } from './handler.ts'

export const authorityHandlers = ({ rotation, doRecorded }: Services & HasActs): Handlers<typeof authorityRoutes> => ({
  showAuthority: () => rotation.show(),
  rotateAuthority: () => rotation.begin(doRecorded),
  finishAuthority: ({ query }) => rotation.finish(query.force === '1', doRecorded),
})
