import type { settingsRoutes } from '../../../../protocol/api/clusters/settings.ts'
import { changeSettings } from '../../../clusters/settings/commands.ts'
import { clusterByName } from '../../../nodes/find.ts'
import type { Services } from '../../../services.ts'
import type { Handlers } from '../handler.ts'
import { requirePermission } from '../projects.ts'

export const settingsHandlers = (core: Services): Handlers<typeof settingsRoutes> => ({
  async changeSettings({ params, query, body, identity }) {
    const cluster = await clusterByName(core, params.name)
    // The controller would approve nodes that it does not approve now.
    if (body.settings.autoApprove === true) requirePermission(identity, 'approve', cluster.project)
    // They decide what runs as root on nodes that were approved without them.
    if (body.settings.overrides !== undefined) requirePermission(identity, 'administrate', cluster.project)
    return changeSettings(core, cluster, body, query.dryRun === '1')
  },
})
