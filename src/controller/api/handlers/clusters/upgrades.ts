import type { upgradeRoutes } from '../../../../protocol/api/clusters/upgrades.ts'
import {
  cancelUpgrade,
  pauseUpgrade,
  planUpgrade,
  resumeUpgrade,
  startUpgrade,
} from '../../../clusters/upgrade/commands.ts'
import type { Cluster } from '../../../domain/records.ts'
import { clusterByName } from '../../../nodes/find.ts'
import type { Services } from '../../../services.ts'
import { upgradeViewOf } from '../../../views/upgrade-view.ts'
import type { Handlers } from '../handler.ts'

interface Asked {
  params: { name: string }
}

export function upgradeHandlers(core: Services): Handlers<typeof upgradeRoutes> {
  const after = async (asked: Asked, change: (cluster: Cluster) => Promise<void>) => {
    await change(await clusterByName(core, asked.params.name))
    const view = upgradeViewOf(await clusterByName(core, asked.params.name))
    if (view === null) throw new Error(`cluster ${asked.params.name} has no upgrade`)
    return view
  }
  return {
    planUpgrade: async (asked) => planUpgrade(core, await clusterByName(core, asked.params.name), asked.query),
    startUpgrade: (asked) => after(asked, (cluster) => startUpgrade(core, cluster, asked.body)),
    pauseUpgrade: (asked) => after(asked, (cluster) => pauseUpgrade(core, cluster)),
    resumeUpgrade: (asked) => after(asked, (cluster) => resumeUpgrade(core, cluster)),
    cancelUpgrade: (asked) => after(asked, (cluster) => cancelUpgrade(core, cluster)),
  }
}
