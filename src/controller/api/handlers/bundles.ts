import { addOnsListed } from '../../../bundle/add-ons/layout.ts'
import type { StoredRelease } from '../../../bundle/agents/releases.ts'
import type { StoredBundle } from '../../../bundle/import.ts'
import type { BundleView, bundleRoutes } from '../../../protocol/api/bundles.ts'
import type { AgentReleaseView, agentUpdateRoutes } from '../../../protocol/api/updates/agent-updates.ts'
import type { HasActs } from '../../audit/recorded.ts'
import { deleteBundle } from '../../bundles/delete-bundle.ts'
import { clusterByName } from '../../nodes/find.ts'
import { changeUpdate, showUpdate, startUpdate } from '../../nodes/update-agents.ts'
import type { Services } from '../../services.ts'
import type { Handlers } from './handler.ts'

export const bundleHandlers = (core: Services & HasActs): Handlers<typeof bundleRoutes> => ({
  async listBundles() {
    await core.bundles.refresh()
    return core.bundles.all().map(viewOf)
  },
  deleteBundle: ({ params }) => deleteBundle(core, params.name),
})

export function agentUpdateHandlers(core: Services): Handlers<typeof agentUpdateRoutes> {
  const named = ({ params }: { params: { name: string } }) => clusterByName(core, params.name)
  return {
    listAgentReleases: async () => (await core.agentReleases()).map(viewOfRelease),
    startAgentUpdate: async (asked) => startUpdate(core, await named(asked), asked.body, asked.identity.name),
    showAgentUpdate: async (asked) => showUpdate(core, await named(asked)),
    changeAgentUpdate: async (asked) =>
      changeUpdate(core, await named(asked), asked.params.action as 'pause' | 'resume' | 'cancel'),
  }
}

function viewOf({ manifest, manifestSha256, publicKey }: StoredBundle): BundleView {
  const { name, kubernetesVersion, arch, createdAt, files } = manifest
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const shown = { name, kubernetesVersion, arch, createdAt, files: files.length, bytes, manifestSha256, publicKey }
  return { ...shown, ...addOnsListed(manifest) }
}

function viewOfRelease({ version, id, createdAt, files }: StoredRelease): AgentReleaseView {
  return { version, id, createdAt, arch: files.map(({ arch }) => arch), files }
}
