import type { backupRoutes } from '../../../../protocol/api/clusters/backups.ts'
import type { HasActs } from '../../../audit/recorded.ts'
import { backUp } from '../../../clusters/backups/back-up.ts'
import { listBackups } from '../../../clusters/backups/look.ts'
import { recoverCluster, restoreBackup } from '../../../clusters/backups/restore.ts'
import { clusterByName } from '../../../nodes/find.ts'
import type { Services } from '../../../services.ts'
import type { Handlers } from '../handler.ts'

export const backupHandlers = (core: Services & HasActs): Handlers<typeof backupRoutes> => ({
  listBackups: async ({ params }) => listBackups(core, await clusterByName(core, params.name)),
  createBackup: async ({ params }) => backUp(core, await clusterByName(core, params.name)),
  restoreBackup: async ({ params, body }) => restoreBackup(core, await clusterByName(core, params.name), body.backup),
  recoverCluster: async ({ params, body }) =>
    recoverCluster(core, await clusterByName(core, params.name), body.survivor),
})
