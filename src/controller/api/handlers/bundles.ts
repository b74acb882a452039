import type { bundleRoutes } from '../../../protocol/api/clusters.ts'
import type { HasActs } from '../../audit/recorded.ts'
import { deleteBundle } from '../../bundles/delete-bundle.ts'
import type { Services } from '../../services.ts'
import type { Handlers } from './handler.ts'

export const bundleHandlers = (core: Services & HasActs): Handlers<typeof bundleRoutes> => ({
  deleteBundle: ({ params }) => deleteBundle(core, params.name),
})
